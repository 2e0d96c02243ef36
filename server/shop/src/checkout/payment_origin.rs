//! The origins of the payment pages. A browser follows a form's redirect only to origins that the
//! page's `form-action` policy allows (Chromium applies it to redirects too).
//!
//! Stripe's own origin is known, and the owner can set another one. A custom domain that is set up
//! only in Stripe's dashboard is learned from the URL of the first session that uses it.

use std::sync::{Arc, PoisonError, RwLock};

use sea_orm::{ActiveValue::Set, DbErr, EntityTrait, PaginatorTrait, QueryOrder, TryInsertResult};
use url::Url;

use crate::clock;
use crate::database::Database;
use crate::entity::payment_origin;

/// Maximum number of learned origins. A Stripe account has one custom domain.
const MAX_LEARNED: u64 = 3;
/// Maximum length of an origin in the table, in bytes.
const MAX_ORIGIN_BYTES: usize = 255;

/// The origins of the pages where this shop's sessions are paid; cheap to clone.
#[derive(Clone, Debug)]
pub struct PaymentOrigins(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    configured: Vec<String>,
    learn_new: bool,
    learned: RwLock<Vec<String>>,
}

impl PaymentOrigins {
    /// Starts with the configured origins. `learn_new` is false if the owner has set the origin.
    #[must_use]
    pub fn new(configured: Vec<String>, learn_new: bool) -> Self {
        Self(Arc::new(Inner {
            configured,
            learn_new,
            learned: RwLock::default(),
        }))
    }

    /// Reads the origins that this server and others have learned.
    ///
    /// # Errors
    /// If the database is unreachable.
    pub async fn load(&self, database: &Database) -> Result<(), DbErr> {
        if !self.0.learn_new {
            return Ok(());
        }
        let known = payment_origin::Entity::find()
            .order_by_asc(payment_origin::Column::CreatedAt)
            .all(database.reader())
            .await?;
        let mut learned = self
            .0
            .learned
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *learned = known.into_iter().map(|known| known.origin).collect();
        Ok(())
    }

    /// All origins, the configured ones first.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        let learned = self
            .0
            .learned
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        self.0.configured.iter().chain(&*learned).cloned().collect()
    }

    /// How many there are. They only become more, so another number means that there are others.
    #[must_use]
    pub fn count(&self) -> usize {
        let learned = self.0.learned.read();
        let learned = learned.unwrap_or_else(PoisonError::into_inner).len();
        self.0.configured.len() + learned
    }

    /// Whether a form may redirect to this URL. `allowed` are the space-separated origins in the
    /// policy of the form's page; `None` means the configured ones.
    #[must_use]
    pub fn allow_redirect_to(&self, url: &str, allowed: Option<&str>) -> bool {
        let Some(origin) = origin(url) else {
            return false;
        };
        match allowed {
            Some(allowed) => allowed.split(' ').any(|allowed| allowed == origin),
            None => self.0.configured.contains(&origin),
        }
    }

    /// Learns the origin of a session's URL, as returned by Stripe's API.
    pub(super) async fn learn(&self, database: &Database, url: &str) -> Result<(), DbErr> {
        let Some(origin) = origin(url).filter(|origin| !self.all().contains(origin)) else {
            return Ok(());
        };
        if !self.0.learn_new {
            tracing::warn!(
                origin,
                "Stripe's payment page is at {origin}, which STRIPE_CHECKOUT_ORIGIN does not name: \
                 shoppers must follow a link to get there"
            );
            return Ok(());
        }
        if !origin.starts_with("https://") || origin.len() > MAX_ORIGIN_BYTES {
            return Ok(());
        }
        // Another server may have learned it first.
        self.load(database).await?;
        if self.all().contains(&origin) {
            return Ok(());
        }
        let transaction = database.begin_write("payment-origin").await?;
        if payment_origin::Entity::find().count(&transaction).await? >= MAX_LEARNED {
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
                "Stripe's payment page is at {origin}: pages allow forms to redirect there from \
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
    fn a_form_redirects_only_where_its_own_page_allows() {
        let known = PaymentOrigins::new(vec!["https://checkout.stripe.com".to_owned()], true);
        let stripe = "https://checkout.stripe.com/c/pay/cs_1#x";
        let own = "https://pay.shop.example/c/pay/cs_1";
        assert!(known.allow_redirect_to(stripe, None));
        assert!(!known.allow_redirect_to(own, None));
        let allowed = Some("https://checkout.stripe.com https://pay.shop.example");
        assert!(known.allow_redirect_to(own, allowed));
        assert!(!known.allow_redirect_to(own, Some("https://checkout.stripe.com")));
        assert!(!known.allow_redirect_to(own, Some("")));
        assert!(!known.allow_redirect_to("javascript:alert(1)", Some("null")));
    }
}
