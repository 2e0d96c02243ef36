//! `till migrate`

use crate::application::open_database;
use crate::config::Config;

pub(super) async fn run(config: &Config) -> anyhow::Result<()> {
    open_database(config).await?.close().await?;
    tracing::info!("the database is up to date");
    Ok(())
}
