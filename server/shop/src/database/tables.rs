//! The tables of the shop, as whoever copies them needs to know them. A test compares the list with
//! the tables that the steps of the migration leave behind.

/// What a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// What the shop would miss: a database with a row of it is not empty.
    Books,
    /// What a server writes before anything has happened. It is copied, in the place of what is
    /// there.
    Bookkeeping,
    /// What means nothing to another process. It is not copied.
    Transient,
}

/// A table of the shop.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// In the database.
    pub name: &'static str,
    /// What it holds.
    pub contents: Contents,
}

const fn table(name: &'static str, contents: Contents) -> Table {
    Table { name, contents }
}

/// Every table of the shop, each after those that it refers to.
pub const TABLES: [Table; 20] = [
    table("setting", Contents::Bookkeeping),
    table("product", Contents::Books),
    table("checkout", Contents::Books),
    table("checkout_line", Contents::Books),
    table("order", Contents::Books),
    table("order_line", Contents::Books),
    table("refund", Contents::Books),
    table("refund_request", Contents::Books),
    table("dispute", Contents::Books),
    table("order_resolution", Contents::Books),
    table("order_resolution_item", Contents::Books),
    table("order_difference", Contents::Books),
    table("stripe_event", Contents::Books),
    table("outbox", Contents::Books),
    table("payment_origin", Contents::Bookkeeping),
    table("order_search", Contents::Bookkeeping),
    table("stripe_fact", Contents::Bookkeeping),
    table("reconciliation", Contents::Bookkeeping),
    table("rate_limit", Contents::Bookkeeping),
    table("lease", Contents::Transient),
];

/// Where SeaORM notes the steps of the migration that were taken. It is never copied: whoever copies
/// makes the tables of the target first.
pub const STEPS: &str = "seaql_migrations";
