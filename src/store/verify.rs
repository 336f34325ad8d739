//! What the database can say of its own health: structure, references and the seal of every row.

use std::fmt;

use super::error::{Doing, StoreError};
use super::{Store, migrate, seal};

/// Something in the database that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: a table, or the whole file.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

fn fault(place: &str, problem: impl Into<String>) -> Fault {
    Fault { place: place.to_owned(), problem: problem.into() }
}

impl Store {
    /// Everything that SQLite and the seals find wrong. An unreadable part is a fault, not an error.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut check = |place: &str, found: Result<Vec<Fault>, StoreError>| match found {
            Ok(found) => faults.extend(found),
            Err(error) => faults.push(fault(place, chain(&error))),
        };
        check("file", self.integrity());
        check("references", self.dangling_references());
        check("migrations", self.migration_history());
        check("schema", self.changed_schema());
        for sealed in seal::ALL {
            check(sealed.table, self.broken_seals(sealed));
        }
        faults
    }

    fn integrity(&self) -> Result<Vec<Fault>, StoreError> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check").doing("check the file")?;
        let lines: Vec<String> =
            statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).doing("check the file")?;
        Ok(lines.into_iter().filter(|line| line != "ok").map(|line| fault("file", line)).collect())
    }

    fn dangling_references(&self) -> Result<Vec<Fault>, StoreError> {
        let mut statement =
            self.connection.prepare("PRAGMA foreign_key_check").doing("check the references")?;
        let dangling: Vec<(String, String)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(2)?)))
            .and_then(Iterator::collect)
            .doing("check the references")?;
        let problem =
            |(table, parent): (String, String)| fault(&table, format!("a row refers to no {parent}"));
        Ok(dangling.into_iter().map(problem).collect())
    }

    fn migration_history(&self) -> Result<Vec<Fault>, StoreError> {
        let matches = migrate::history_matches(&self.connection)?;
        let problem = || fault("migrations", "the history is not that of this version");
        Ok((!matches).then(problem).into_iter().collect())
    }

    /// The schema's text against that of a database made this moment.
    fn changed_schema(&self) -> Result<Vec<Fault>, StoreError> {
        let (mine, fresh) = (self.schema()?, Store::open_in_memory()?.schema()?);
        let problem = || fault("schema", "its text is not that of this version");
        Ok((mine != fresh).then(problem).into_iter().collect())
    }

    fn schema(&self) -> Result<Vec<(String, Option<String>)>, StoreError> {
        let mut statement = self
            .connection
            .prepare("SELECT type || ' ' || name || ' on ' || tbl_name, sql FROM sqlite_schema ORDER BY 1")
            .doing("read the schema")?;
        statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .doing("read the schema")
    }

    fn broken_seals(&self, sealed: &seal::Sealed) -> Result<Vec<Fault>, StoreError> {
        let broken: i64 = self
            .connection
            .query_row(&sealed.count_broken(), [], |row| row.get(0))
            .doing("compare the seals of the rows")?;
        let problem = || fault(sealed.table, format!("{broken} rows are not as they were written"));
        Ok((broken > 0).then(problem).into_iter().collect())
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
