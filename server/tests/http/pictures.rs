//! `/pictures/{name}`: the owner's own pictures, and no other files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::test_app::TestApp;

const DRAWING: &str = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";

/// A shop with a data folder that has a folder for pictures.
async fn shop() -> (TestApp, TempDir, PathBuf) {
    let data = tempfile::tempdir().unwrap();
    let pictures = data.path().join("pictures");
    fs::create_dir(&pictures).unwrap();
    let path = data.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| config.storage.data_dir = path).await;
    (app, data, pictures)
}

fn write(folder: &Path, name: &str) {
    fs::write(folder.join(name), name).unwrap();
}

#[tokio::test]
async fn pictures_in_the_data_folder_are_served_with_their_type() {
    let (app, _data, pictures) = shop().await;
    for (name, kind) in [
        ("mug.webp", "image/webp"),
        ("mug.JPG", "image/jpeg"),
        ("mug.jpeg", "image/jpeg"),
        ("mug.png", "image/png"),
        ("mug.gif", "image/gif"),
        ("mug.avif", "image/avif"),
        ("mug.svg", "image/svg+xml"),
        ("Becher Möwe.png", "image/png"),
    ] {
        write(&pictures, name);
        let answer = app.get(&format!("/pictures/{name}")).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, name));
        assert_eq!(answer.header("content-type"), kind, "{name}");
        assert_eq!(answer.header("cache-control"), "public, max-age=3600");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    // Requested again, it need not be sent again.
    let first = app.get("/pictures/mug.webp").await;
    let again = app
        .request("GET", "/pictures/mug.webp")
        .header("if-modified-since", first.header("last-modified"));
    assert_eq!(app.send(again).await.status, 304);
    // A picture added while the shop runs is served, too.
    write(&pictures, "new.webp");
    assert_eq!(app.get("/pictures/new.webp").await.status, 200);
}

#[tokio::test]
async fn the_demos_pictures_are_served_too_and_the_owners_come_first() {
    let (app, _data, pictures) = shop().await;
    let demo = app.get("/pictures/stoneware-mug.svg").await;
    assert_eq!(
        (demo.status, demo.header("content-type")),
        (200, "image/svg+xml")
    );
    write(&pictures, "stoneware-mug.svg");
    let owners = app.get("/pictures/stoneware-mug.svg").await;
    assert_eq!(owners.body, "stoneware-mug.svg");
}

#[tokio::test]
async fn nothing_but_pictures_is_served_and_nothing_from_outside_the_folder() {
    let (app, data, pictures) = shop().await;
    let elsewhere = tempfile::tempdir().unwrap();
    for name in ["secret.png", "secret.txt"] {
        write(elsewhere.path(), name);
        write(data.path(), name);
    }
    for name in ["page.html", "notes.txt", "noend", ".hidden.png"] {
        write(&pictures, name);
    }
    fs::create_dir(pictures.join("folder.png")).unwrap();
    write(&pictures.join("folder.png"), "inside.png");
    symlink(
        elsewhere.path().join("secret.png"),
        pictures.join("link.png"),
    )
    .unwrap();
    symlink("../secret.png", pictures.join("up.png")).unwrap();
    symlink(elsewhere.path(), pictures.join("linked.png")).unwrap();
    symlink("nowhere.png", pictures.join("broken.png")).unwrap();
    for path in [
        "page.html",
        "notes.txt",
        "noend",
        ".hidden.png",
        "folder.png",
        "folder.png/",
        "folder.png/inside.png",
        "link.png",
        "up.png",
        "linked.png",
        "linked.png/secret.png",
        "broken.png",
        "%2e%2e%2fsecret.png",
        "..%2fsecret.png",
        "..%5csecret.png",
        "secret.png%00.png",
        "",
        ".",
    ] {
        let answer = app.get(&format!("/pictures/{path}")).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("secret"), "{path}");
        assert!(!answer.body.is_empty(), "{path}");
    }
    // A symbolic link inside the folder is the owner's choice.
    write(&pictures, "real.png");
    symlink("real.png", pictures.join("alias.png")).unwrap();
    assert_eq!(app.get("/pictures/alias.png").await.body, "real.png");
}

/// Opened directly, an SVG runs no script.
#[tokio::test]
async fn a_script_in_an_svg_does_not_run() {
    let (app, _data, pictures) = shop().await;
    fs::write(pictures.join("drawing.svg"), DRAWING).unwrap();
    let answer = app.get("/pictures/drawing.svg").await;
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
}
