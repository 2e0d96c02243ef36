//! Reading files that tests build in memory.

use std::io::Cursor;

use product_file::{FileError, Format, InputFile, Options, Product, Report, read};
use proptest::test_runner::Config as ProptestConfig;

/// How often a property is tried. A failure says how to repeat it, so no file keeps it.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

/// The columns of the files below that have all of them.
pub const HEADER: &str = "sku,slug,name,description,price,currency,stock,max_per_order,image,\
                          category,position,active";

/// Reads files called `products.csv`, `2.csv`, `3.csv`…
pub fn try_read(
    format: Format,
    currency: Option<&str>,
    files: &[&[u8]],
) -> Result<(Vec<Product>, Report), FileError> {
    let named = files.iter().enumerate().map(|(index, bytes)| {
        let name = match index {
            0 => "products.csv".to_owned(),
            _ => format!("{}.csv", index + 1),
        };
        InputFile::new(&name, Cursor::new(bytes.to_vec()))
    });
    let options = Options {
        format,
        currency: currency.map(|code| code.parse().unwrap()),
    };
    let mut reader = read(named.collect(), options)?;
    let products = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
    let report = reader.into_report();
    let told = report.refused + report.left_out.len() as u64;
    assert_eq!(report.rows, report.imported + told, "{report:?}");
    assert!(report.refused == 0 || !report.problems.is_empty());
    Ok((products, report))
}

/// Reads one file in Till's format.
pub fn till(bytes: impl AsRef<[u8]>) -> (Vec<Product>, Report) {
    try_read(Format::Till, None, &[bytes.as_ref()]).unwrap()
}

/// The messages about a file in Till's format.
pub fn problems(bytes: impl AsRef<[u8]>) -> Vec<String> {
    messages(&till(bytes).1)
}

/// The problems, one message each, without the file's name.
pub fn messages(report: &Report) -> Vec<String> {
    let all = report.problems.first().iter();
    all.map(|problem| problem.to_string().replace("products.csv, ", ""))
        .collect()
}

/// The notes, without the file's name.
pub fn notes(report: &Report) -> Vec<String> {
    let all = report.notes.iter();
    all.map(|note| note.to_string().replace("products.csv, ", ""))
        .collect()
}

/// What was left out, without the file's name.
pub fn left_out(report: &Report) -> Vec<String> {
    let all = report.left_out.iter();
    all.map(|row| row.to_string().replace("products.csv, ", ""))
        .collect()
}
