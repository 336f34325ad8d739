//! stub
use super::{Cells, CssRules, problem::Problem};
pub(super) fn css_cells(_: &str, _: &CssRules) -> Result<Vec<Cells>, Problem> {
    Ok(vec![])
}
