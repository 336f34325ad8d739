//! stub
use super::{Cells, JsonRules, problem::Problem};
pub(super) fn json_cells(_: &str, _: &JsonRules) -> Result<Vec<Cells>, Problem> {
    Ok(vec![])
}
