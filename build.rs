//! Rebuilds when a migration is added: the embedding macro does not see new files by itself (refinery#309). Lays the
//! program at a fixed address where that is known to pay.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    if is_linked_by_glibc() {
        // A program that can lie anywhere has 92,000 addresses put right in 540 pages before it begins (mostly tables of
        // time zones and of text): 1.4 of the 2.9 ms that `pantau --version` took, and 2 MB of memory of its own.
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}

fn is_linked_by_glibc() -> bool {
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    target("OS") == "linux" && target("ENV") == "gnu"
}
