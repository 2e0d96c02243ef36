//! The shop behind Debian's nginx, with the buffers that it has by default.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use shop::catalog::import::Stock;
use tempfile::TempDir;

use crate::test_app::{PRODUCTS, Page, TestApp, assert_refused, client, eventually};

/// A running nginx that passes everything on to one shop.
struct Nginx {
    process: Child,
    origin: String,
    _folder: TempDir,
}

impl Nginx {
    async fn before(app: &TestApp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let path = folder.path().display();
        // Nothing here that changes a limit or a buffer.
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
                    location / {{
                        proxy_pass {};
                        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                    }}
                }}
            }}",
            app.origin
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, config).unwrap();
        let process = Command::new(program())
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

/// Debian keeps it out of the PATH of ordinary users.
fn program() -> &'static str {
    let usual = "/usr/sbin/nginx";
    if fs::exists(usual).unwrap_or(false) {
        usual
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
    app.import(&catalog(500), Stock::OnlyNew).await;
    let mut form = app.form("/").await;
    for number in 1..=100 {
        let id = app.product(&format!("S{number}")).await.id;
        let shown = format!("shown[{id}]");
        form = form.choose(id, "2").with(&shown, "500:eur");
    }
    app.import(&catalog(550), Stock::OnlyNew).await;
    let nginx = Nginx::before(&app).await;
    let request = client()
        .post(format!("{}/api/checkout", nginx.origin))
        .header("accept", "text/html")
        .header("referer", format!("{}/", nginx.origin))
        .form(form.fields());
    let page = Page::read(request.send().await.unwrap()).await;
    assert_refused(&page);
    assert_eq!(page.texts("[role=alert] li").len(), 100);
}
