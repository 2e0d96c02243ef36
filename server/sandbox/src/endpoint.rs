//! Webhook endpoints: where events go, which of them, and the secrets that sign them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Webhook;
use crate::event::EventType;
use crate::ids;
use crate::payment::{Metadata, metadata_json};

/// The endpoint that the sandbox is started with. It is configuration, and not kept in the state file.
pub(crate) const DEFAULT_ENDPOINT: &str = "we_sandbox";
/// For how long an old secret may stay active, in seconds.
pub(crate) const MAXIMUM_OVERLAP: i64 = 24 * 60 * 60;

/// A place that events are sent to.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) url: String,
    /// The types it gets; `*` is all.
    pub(crate) enabled_events: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) metadata: Metadata,
    /// The version that its events name; `None` is the sandbox's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api_version: Option<String>,
    pub(crate) status: EndpointStatus,
    /// The whole `whsec_…`.
    pub(crate) secret: String,
    /// The secret before this one, and until when it signs as well (seconds since 1970).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) old_secret: Option<(String, i64)>,
    /// Its events only name what has happened; made by the second version of the API alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) thin: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EndpointStatus {
    Enabled,
    Disabled,
    Deleted,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("id", &self.id)
            .field("url", &self.url)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// The one that the sandbox is started with: it gets everything.
    pub(crate) fn started_with(webhook: Webhook, created: i64) -> Endpoint {
        Endpoint {
            id: DEFAULT_ENDPOINT.to_owned(),
            created,
            url: webhook.url,
            enabled_events: vec!["*".to_owned()],
            description: Some("The endpoint that the sandbox was started with".to_owned()),
            metadata: Vec::new(),
            api_version: None,
            status: EndpointStatus::Enabled,
            secret: webhook.secret,
            old_secret: None,
            thin: false,
        }
    }

    /// Whether events of this type are sent to it.
    pub(crate) fn takes(&self, kind: EventType) -> bool {
        self.status == EndpointStatus::Enabled
            && self.enabled_events.iter().any(|enabled| {
                // Thin events of the first version's objects have the version in their names.
                let name = match self.thin {
                    true => enabled.strip_prefix("v1.").unwrap_or_default(),
                    false => enabled,
                };
                enabled == "*" || name == kind.name()
            })
    }

    /// Whether the API still knows it.
    pub(crate) fn exists(&self) -> bool {
        self.status != EndpointStatus::Deleted
    }

    /// Whether the first version of the API knows it.
    pub(crate) fn is_of_v1(&self) -> bool {
        self.exists() && !self.thin
    }

    /// The secrets that sign now, the newest first.
    pub(crate) fn active_secrets(&self, now: i64) -> Vec<String> {
        let old = self
            .old_secret
            .iter()
            .filter(|(_, until)| *until > now)
            .map(|(secret, _)| secret.clone());
        std::iter::once(self.secret.clone()).chain(old).collect()
    }

    /// Gives it a new secret; the old one signs as well for `overlap` seconds.
    pub(crate) fn roll_secret(&mut self, now: i64, overlap: i64) {
        let old = std::mem::replace(&mut self.secret, new_secret());
        self.old_secret = Some((old, now.saturating_add(overlap)));
    }

    /// As the API answers it, without the secret: that is shown once, at its creation.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "webhook_endpoint",
            "api_version": self.api_version,
            "application": null,
            "created": self.created,
            "description": self.description,
            "enabled_events": self.enabled_events,
            "livemode": false,
            "metadata": metadata_json(&self.metadata),
            "status": self.status,
            "url": self.url,
        })
    }
}

/// A secret as Stripe makes them.
pub(crate) fn new_secret() -> String {
    format!("whsec_{}", ids::random(32))
}
