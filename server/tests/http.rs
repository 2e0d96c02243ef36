//! The shop over HTTP, with its own database and the sandbox as Stripe. One module per subject.
#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

#[path = "http/fake_smtp.rs"]
mod fake_smtp;
#[path = "http/fake_stripe.rs"]
mod fake_stripe;
#[path = "http/test_app.rs"]
mod test_app;
#[path = "http/test_database.rs"]
mod test_database;
#[path = "http/till_binary.rs"]
mod till_binary;

#[path = "http/admin.rs"]
mod admin;
#[path = "http/admin_accounts.rs"]
mod admin_accounts;
#[path = "http/admin_audit.rs"]
mod admin_audit;
#[path = "http/admin_command.rs"]
mod admin_command;
#[path = "http/admin_orders.rs"]
mod admin_orders;
#[path = "http/admin_products.rs"]
mod admin_products;
#[path = "http/admin_setting_forms.rs"]
mod admin_setting_forms;
#[path = "http/admin_settings.rs"]
mod admin_settings;
#[path = "http/admin_sign_in.rs"]
mod admin_sign_in;
#[path = "http/admin_today.rs"]
mod admin_today;
#[path = "http/adopt.rs"]
mod adopt;
#[path = "http/audit.rs"]
mod audit;
#[path = "http/backup.rs"]
mod backup;
#[path = "http/bad_input.rs"]
mod bad_input;
#[path = "http/behind_nginx.rs"]
mod behind_nginx;
#[path = "http/cancel.rs"]
mod cancel;
#[path = "http/catalog.rs"]
mod catalog;
#[path = "http/chaos.rs"]
mod chaos;
#[path = "http/checkout.rs"]
mod checkout;
#[path = "http/choice.rs"]
mod choice;
#[path = "http/clock_offset.rs"]
mod clock_offset;
#[path = "http/commands.rs"]
mod commands;
#[path = "http/confluence.rs"]
mod confluence;
#[path = "http/connections.rs"]
mod connections;
#[path = "http/databases.rs"]
mod databases;
#[path = "http/discovery.rs"]
mod discovery;
#[path = "http/disputes.rs"]
mod disputes;
#[path = "http/doctor.rs"]
mod doctor;
#[path = "http/event_shapes.rs"]
mod event_shapes;
#[path = "http/events_command.rs"]
mod events_command;
#[path = "http/find_order.rs"]
mod find_order;
#[path = "http/finding.rs"]
mod finding;
#[path = "http/foreign_money.rs"]
mod foreign_money;
#[path = "http/import.rs"]
mod import;
#[path = "http/jobs.rs"]
mod jobs;
#[path = "http/languages.rs"]
mod languages;
#[path = "http/limits.rs"]
mod limits;
#[path = "http/mail_command.rs"]
mod mail_command;
#[path = "http/mail_languages.rs"]
mod mail_languages;
#[path = "http/mails.rs"]
mod mails;
#[path = "http/options.rs"]
mod options;
#[path = "http/order_list.rs"]
mod order_list;
#[path = "http/order_number.rs"]
mod order_number;
#[path = "http/orders.rs"]
mod orders;
#[path = "http/orders_command.rs"]
mod orders_command;
#[path = "http/outbox.rs"]
mod outbox;
#[path = "http/owner_commands.rs"]
mod owner_commands;
#[path = "http/page_cache.rs"]
mod page_cache;
#[path = "http/payment_details.rs"]
mod payment_details;
#[path = "http/payment_origin.rs"]
mod payment_origin;
#[path = "http/pictures.rs"]
mod pictures;
#[path = "http/policies.rs"]
mod policies;
#[path = "http/pooler.rs"]
mod pooler;
#[path = "http/postgres_stopped.rs"]
mod postgres_stopped;
#[path = "http/postgres_tls.rs"]
mod postgres_tls;
#[path = "http/product_editing.rs"]
mod product_editing;
#[path = "http/product_files.rs"]
mod product_files;
#[path = "http/product_page.rs"]
mod product_page;
#[path = "http/prune.rs"]
mod prune;
#[path = "http/reconcile.rs"]
mod reconcile;
#[path = "http/refund_command.rs"]
mod refund_command;
#[path = "http/refund_lines.rs"]
mod refund_lines;
#[path = "http/refunds.rs"]
mod refunds;
#[path = "http/refused_payments.rs"]
mod refused_payments;
#[path = "http/resolve.rs"]
mod resolve;
#[path = "http/routes.rs"]
mod routes;
#[path = "http/sales.rs"]
mod sales;
#[path = "http/selection.rs"]
mod selection;
#[path = "http/serving.rs"]
mod serving;
#[path = "http/settings.rs"]
mod settings;
#[path = "http/shipments.rs"]
mod shipments;
#[path = "http/snapshots.rs"]
mod snapshots;
#[path = "http/stock_changes.rs"]
mod stock_changes;
#[path = "http/stored_pictures.rs"]
mod stored_pictures;
#[path = "http/stripe_answers.rs"]
mod stripe_answers;
#[path = "http/stripe_trouble.rs"]
mod stripe_trouble;
#[path = "http/structured_data.rs"]
mod structured_data;
#[path = "http/sweeper.rs"]
mod sweeper;
#[path = "http/today.rs"]
mod today;
#[path = "http/variants.rs"]
mod variants;
#[path = "http/webhook.rs"]
mod webhook;
#[path = "http/withdraw.rs"]
mod withdraw;
