//! The tables of the shop, for copying them. A test compares the list with the tables that the
//! migrations create.

/// The kind of data in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Data of the shop's business: a database with such a row is not empty.
    ShopData,
    /// Data that a new server writes on its own. The copy replaces the target's rows.
    ServerState,
    /// Data without meaning to other processes. It is not copied.
    Transient,
}

/// A table of the shop.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name in the database.
    pub name: &'static str,
    /// The kind of data in it.
    pub contents: Contents,
}

const fn table(name: &'static str, contents: Contents) -> Table {
    Table { name, contents }
}

/// Every table of the shop, each after the tables that it references.
pub const TABLES: [Table; 45] = [
    table("setting", Contents::ServerState),
    table("category", Contents::ShopData),
    table("product", Contents::ShopData),
    table("variant", Contents::ShopData),
    table("picture", Contents::ShopData),
    table("picture_file", Contents::ShopData),
    table("product_listing", Contents::ShopData),
    table("product_text", Contents::ShopData),
    table("price_history", Contents::ShopData),
    table("slug_history", Contents::ShopData),
    table("stock_change", Contents::ShopData),
    table("page", Contents::ShopData),
    table("checkout", Contents::ShopData),
    table("checkout_line", Contents::ShopData),
    table("order", Contents::ShopData),
    table("order_line", Contents::ShopData),
    table("order_tax", Contents::ShopData),
    table("refund", Contents::ShopData),
    table("refund_request", Contents::ShopData),
    table("refund_request_line", Contents::ShopData),
    table("shipment", Contents::ShopData),
    table("shipment_line", Contents::ShopData),
    table("order_note", Contents::ShopData),
    table("dispute", Contents::ShopData),
    table("order_resolution", Contents::ShopData),
    table("order_resolution_item", Contents::ShopData),
    table("order_difference", Contents::ShopData),
    table("withdrawal", Contents::ShopData),
    table("stripe_event", Contents::ShopData),
    table("outbox", Contents::ShopData),
    table("audit_log", Contents::ShopData),
    table("admin_user", Contents::ShopData),
    table("admin_recovery_code", Contents::ShopData),
    table("admin_known_device", Contents::ShopData),
    table("payment_origin", Contents::ServerState),
    table("order_search", Contents::ServerState),
    table("stripe_fact", Contents::ServerState),
    table("reconciliation", Contents::ServerState),
    table("rate_limit", Contents::ServerState),
    table("sign_in_failure", Contents::ServerState),
    // Not copied: in a restored backup nobody is signed in, and no used link can be used again.
    table("admin_session", Contents::Transient),
    table("admin_link", Contents::Transient),
    table("lease", Contents::Transient),
    table("catalog_change", Contents::Transient),
    table("import_draft", Contents::Transient),
];

/// SeaORM's table of applied migrations. It is never copied: the target is migrated before a copy.
pub const MIGRATIONS_TABLE: &str = "seaql_migrations";
