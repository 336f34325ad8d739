//! stub
/// stub
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem;
impl std::fmt::Display for Problem {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
