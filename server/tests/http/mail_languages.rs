//! The emails to a shopper are in the language of the purchase, those to the owner in English.

use std::sync::Arc;

use shop::contact::ContactLink;
use shop::mail::Route;
use shop::policy::{Policy, PolicySlug, save};
use shop::time_zone::TimeZone;

use crate::mails::{mail, mails};
use crate::test_app::{TestApp, eventually, paid_session};

#[tokio::test]
async fn a_german_purchase_is_confirmed_in_german_and_announced_in_english() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.mail.route = Route::Folder(path);
        config.mail.new_orders = true;
        config.profile.languages = Arc::new("en,de".parse().unwrap());
        config.profile.time_zone = TimeZone::named("Europe/Berlin").unwrap();
        config.profile.contact.links = vec![ContactLink {
            label: "Imprint".to_owned(),
            url: "/pages/imprint".to_owned(),
        }];
    })
    .await;
    let policy = |slug, language: &str, text: &str| {
        Policy::parse(slug, language.parse().unwrap(), text).unwrap()
    };
    let policies = [
        policy(PolicySlug::Imprint, "de", "# Impressum\n\nPens & Paper."),
        policy(PolicySlug::Privacy, "de", "# Datenschutz\n\nWenig."),
    ];
    save(&app.shop.database, &crate::test_app::owner(), &policies)
        .await
        .unwrap();
    eventually("the policies are read", async || {
        let footer = app.get("/de").await.text("footer");
        footer.contains("Datenschutz").then_some(())
    })
    .await;
    let pen = app.variant("PEN").await.id;
    let form = app.form("/de/products/pen").await.choose(pen, "2");
    let checkout = app.pay(&form).await;
    app.deliver_session("checkout.session.completed", &paid_session(&checkout))
        .await;
    let number = app.the_order().await.number;
    let confirmed = mail(&folder, &format!("Ihre Bestellung {number} bei Test Shop")).await;
    assert!(confirmed.html.contains("<html lang=\"de\""));
    let order_page = format!("{}/de/orders/{}", app.origin, checkout.token.as_str());
    let privacy = format!("{}/de/pages/privacy", app.origin);
    for part in [&confirmed.text, &confirmed.html] {
        for words in [
            "Guten Tag Ada Shopper,",
            "10,00\u{a0}€",
            "je 5,00\u{a0}€",
            &format!("Bestellung {number}, "),
            &order_page,
            // The imprint is among the shop's own links.
            &privacy,
        ] {
            assert!(part.contains(words), "{words} in {part}");
        }
        assert!(part.contains(" MEZ") || part.contains(" MESZ"), "{part}");
        assert!(!part.contains("Impressum"), "{part}");
    }
    let announced = mail(&folder, &format!("New order {number}: €10.00")).await;
    assert!(announced.html.contains("<html lang=\"en\""));
    assert!(announced.text.contains("€10.00 (€5.00 each)"));
    assert_eq!(mails(folder.path()).len(), 2);
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let headers = mailparse::parse_mail(&bytes).unwrap().headers;
        let header = |name: &str| mailparse::MailHeaderMap::get_first_value(&headers[..], name);
        let to_owner = header("To").unwrap().contains("owner@shop.example");
        let language = if to_owner { "en" } else { "de" };
        assert_eq!(header("Content-Language").as_deref(), Some(language));
    }
}
