//! Rows in, rows out, on all real migrations.
