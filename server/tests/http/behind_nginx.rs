//! The shop behind Debian's nginx, with the `location` from docs/OPERATIONS.md and nginx's default
//! buffers.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use shop::catalog::import::StockMode;
use tempfile::TempDir;

use crate::test_app::{
    PRODUCTS, Page, TestApp, WEBHOOK_SECRET, assert_refused, client, event, eventually, now,
    paid_session, sign,
};

/// A running nginx in front of one shop.
struct Nginx {
    process: Child,
    origin: String,
    _folder: TempDir,
}

impl Nginx {
    async fn in_front_of(app: &TestApp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let path = folder.path().display();
        let server = documented_server(&app.origin);
        // No limit or buffer is changed here.
        let config = format!(
            "daemon off;
            user root root;
            master_process off;
            pid {path}/nginx.pid;
            error_log {path}/error.log;
            events {{ worker_connections 64; }}
            http {{
                access_log off;
                client_body_temp_path {path}/body;
                proxy_temp_path {path}/proxy;
                fastcgi_temp_path {path}/fastcgi;
                scgi_temp_path {path}/scgi;
                uwsgi_temp_path {path}/uwsgi;
                server {{
                    listen 127.0.0.1:{port};
                    {server}
                }}
            }}"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, config).unwrap();
        let process = Command::new(nginx_path())
            .args(["-e", "stderr", "-c"])
            .arg(&file)
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is missing: `scripts/setup tests` installs it");
        let nginx = Self {
            process,
            origin: format!("http://127.0.0.1:{port}"),
            _folder: folder,
        };
        eventually("nginx answers", async || {
            let answer = client().get(format!("{}/livez", nginx.origin)).send();
            let answer = answer.await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
        nginx
    }
}

/// The `server` block of docs/OPERATIONS.md without its name and certificate.
fn documented_server(origin: &str) -> String {
    let page = include_str!("../../../docs/OPERATIONS.md");
    let (_, example) = page.split_once("```nginx\n").expect("an example");
    let (example, _) = example.split_once("\nserver {").expect("a second server");
    let example = example.trim_start_matches("server {").trim_end();
    let example = example.strip_suffix('}').expect("an end");
    let kept = |line: &&str| {
        !["listen", "server_name", "ssl_"]
            .iter()
            .any(|name| line.trim_start().starts_with(name))
    };
    let server: Vec<_> = example.lines().filter(kept).collect();
    let server = server.join("\n");
    assert!(server.contains("http://127.0.0.1:3000"), "{server}");
    server.replace("http://127.0.0.1:3000", origin)
}

/// Debian installs it outside ordinary users' `PATH`.
fn nginx_path() -> &'static str {
    let debian_path = "/usr/sbin/nginx";
    if fs::exists(debian_path).unwrap_or(false) {
        debian_path
    } else {
        "nginx"
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_hundred_refused_lines_pass_a_proxy_with_small_buffers() {
    let app = TestApp::start().await;
    let catalog = |price: u32| {
        let mut file = PRODUCTS.lines().next().unwrap().to_owned() + "\n";
        for number in 1..=100 {
            let name = format!("A thing with quite a long name, number {number}");
            file +=
                &format!("S{number},s-{number},\"{name}\",,{price},EUR,,9,,Things,{number},true\n");
        }
        file
    };
    app.import(&catalog(500), StockMode::OnlyNew).await;
    let mut form = app.form("/").await;
    for number in 1..=100 {
        let id = app.variant(&format!("S{number}")).await.id;
        let shown = format!("shown[{id}]");
        form = form.choose(id, "2").with(&shown, "500:eur");
    }
    app.import(&catalog(550), StockMode::OnlyNew).await;
    let nginx = Nginx::in_front_of(&app).await;
    let request = client()
        .post(format!("{}/api/checkout", nginx.origin))
        .header("accept", "text/html")
        .header("referer", format!("{}/", nginx.origin))
        .form(form.fields());
    let page = Page::read(request.send().await.unwrap()).await;
    assert_refused(&page);
    assert_eq!(page.texts("[role=alert] li").len(), 100);
}

/// The proxy must change neither a form's host nor an event's body.
#[tokio::test]
async fn a_shopper_buys_behind_the_documented_proxy_and_the_event_is_confirmed() {
    let app = TestApp::without_webhooks().await;
    let nginx = Nginx::in_front_of(&app).await;
    let form = app.form("/").await;
    let form = form.choose(app.variant("PEN").await.id, "1");
    // Older browsers send `Origin` but no `Sec-Fetch-Site`: its host must match.
    let request = client()
        .post(format!("{}/api/checkout", nginx.origin))
        .header("accept", "text/html")
        .header("origin", &nginx.origin)
        .header("referer", format!("{}/", nginx.origin))
        .form(form.fields());
    let page = Page::read(request.send().await.unwrap()).await;
    assert!(page.location().contains("/c/pay/"));
    let checkout = app.checkout_of(&form).await;
    let paid = event("checkout.session.completed", &paid_session(&checkout));
    let body = serde_json::to_string_pretty(&paid).unwrap();
    let signature = sign(WEBHOOK_SECRET, now(), body.as_bytes());
    let webhook = client()
        .post(format!("{}/webhooks/stripe", nginx.origin))
        .header("stripe-signature", signature)
        .body(body);
    assert_eq!(webhook.send().await.unwrap().status(), 200);
    assert_eq!(app.the_order().await.checkout_id, checkout.id);
}
