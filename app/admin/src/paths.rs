//! The paths of the admin.

/// Whether this is the path, with or without a query, of one of the admin's pages.
#[must_use]
pub fn is_page_of_admin(path: &str) -> bool {
    let is_plain = path
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let rest = path.strip_prefix(crate::ROOT);
    let is_below = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let route = path.split(['?', '#']).next().unwrap_or_default();
    let climbs = route.split('/').any(|part| matches!(part, "." | ".."));
    let is_function = path.starts_with(crate::API);
    is_plain && is_below && !climbs && !is_function && !route.contains("//") && !route.contains('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_admin_follow() {
        for page in [
            "/admin",
            "/admin?done=saved",
            "/admin/orders/A-1?page=2",
            "/admin/orders?q=a%20b",
        ] {
            assert!(is_page_of_admin(page), "{page}");
        }
        for page in [
            "",
            "/",
            "/administrator",
            "//evil.example",
            "/admin//evil.example",
            "https://evil.example/admin",
            "/admin/../orders",
            "/admin/%2e%2e/orders",
            "/admin\\evil",
            "/admin/\r\nx: y",
            "/admin/api/sign-out",
        ] {
            assert!(!is_page_of_admin(page), "{page}");
        }
    }
}
