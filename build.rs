//! Rebuilds when a migration is added: the embedding macro does not see new files by itself (refinery#309).

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
