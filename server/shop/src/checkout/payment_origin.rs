//! Where sessions are paid: browsers follow a form's redirect only to origins that the policy of
//! its page names (`form-action`, which Chromium applies to redirects as well).
//!
//! Stripe's own origin is known, and so is one that the owner has set. A domain that was set up in
//! Stripe's dashboard alone is learnt from the address of the first session that lives there.

use std::sync::{Arc, PoisonError, RwLock};

use sea_orm::{ActiveValue::Set, DbErr, EntityTrait, PaginatorTrait, QueryOrder, TryInsertResult};
use url::Url;

use crate::clock;
use crate::database::Database;
use crate::entity::payment_origin;

/// More domains than this are not learnt: an account has one.
const MAX_LEARNT: u64 = 3;
/// The longest that the table holds, in bytes.
const MAX_BYTES: usize = 255;

/// The origins of the pages on which this shop's sessions are paid; cheap to clone.
#[derive(Clone, Debug)]
pub struct PaymentOrigins(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    configured: Vec<String>,
    learns: bool,
    learnt: RwLock<Vec<String>>,
}

impl PaymentOrigins {
    /// Knows these. `learns` is false where the owner has said which one it is.
    #[must_use]
    pub fn new(configured: Vec<String>, learns: bool) -> Self {
        Self(Arc::new(Inner {
            configured,
            learns,
            learnt: RwLock::default(),
        }))
    }

    /// Reads what was learnt before, by this server and by others.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn load(&self, database: &Database) -> Result<(), DbErr> {
        if !self.0.learns {
            return Ok(());
        }
        let known = payment_origin::Entity::find()
            .order_by_asc(payment_origin::Column::CreatedAt)
            .all(database.reader())
            .await?;
        let mut learnt = self
            .0
            .learnt
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *learnt = known.into_iter().map(|known| known.origin).collect();
        Ok(())
    }

    /// All of them, the configured ones first.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        let learnt = self.0.learnt.read().unwrap_or_else(PoisonError::into_inner);
        self.0.configured.iter().chain(&*learnt).cloned().collect()
    }

    /// Whether a form leads to this address without being blocked. `allowed` are the origins that
    /// the policy of its page named, with spaces between; where that is not known, the configured.
    #[must_use]
    pub fn lead_to(&self, url: &str, allowed: Option<&str>) -> bool {
        let Some(origin) = origin(url) else {
            return false;
        };
        match allowed {
            Some(allowed) => allowed.split(' ').any(|allowed| allowed == origin),
            None => self.0.configured.contains(&origin),
        }
    }

    /// Learns where a session is paid, from the address that Stripe's API has given for it.
    pub(super) async fn learn(&self, database: &Database, url: &str) -> Result<(), DbErr> {
        let Some(origin) = origin(url).filter(|origin| !self.all().contains(origin)) else {
            return Ok(());
        };
        if !self.0.learns {
            tracing::warn!(
                origin,
                "Stripe's payment page is at {origin}, which STRIPE_CHECKOUT_ORIGIN does not name: \
                 shoppers must follow a link to get there"
            );
            return Ok(());
        }
        if !origin.starts_with("https://") || origin.len() > MAX_BYTES {
            return Ok(());
        }
        // Another server may have been faster.
        self.load(database).await?;
        if self.all().contains(&origin) {
            return Ok(());
        }
        let transaction = database.begin_write().await?;
        if payment_origin::Entity::find().count(&transaction).await? >= MAX_LEARNT {
            return transaction.rollback().await;
        }
        let row = payment_origin::ActiveModel {
            origin: Set(origin.clone()),
            created_at: Set(clock::now()),
        };
        let written = payment_origin::Entity::insert(row)
            .on_conflict_do_nothing_on([payment_origin::Column::Origin])
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        if matches!(written, TryInsertResult::Inserted(_)) {
            tracing::info!(
                origin,
                "Stripe's payment page is at {origin}: pages allow their forms to lead there from \
                 now on"
            );
        }
        self.load(database).await
    }
}

/// Scheme, host and port.
fn origin(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let plain = matches!(url.scheme(), "http" | "https");
    plain.then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_where_its_own_page_allows() {
        let known = PaymentOrigins::new(vec!["https://checkout.stripe.com".to_owned()], true);
        let stripe = "https://checkout.stripe.com/c/pay/cs_1#x";
        let own = "https://pay.shop.example/c/pay/cs_1";
        assert!(known.lead_to(stripe, None));
        assert!(!known.lead_to(own, None));
        let allowed = Some("https://checkout.stripe.com https://pay.shop.example");
        assert!(known.lead_to(own, allowed));
        assert!(!known.lead_to(own, Some("https://checkout.stripe.com")));
        assert!(!known.lead_to(own, Some("")));
        assert!(!known.lead_to("javascript:alert(1)", Some("null")));
    }
}
