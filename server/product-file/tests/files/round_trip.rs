//! What the writer writes is read as it was, and the second export equals the first.

use std::io::Cursor;
use std::sync::Arc;

use product_file::{
    COLUMNS, Content, ContentUnit, Format, Given, InputFile, Options, Picture, Place, Product,
    ProductText, ProductTexts, ProductWriter, Sale, Variant, WriteError, read,
};
use proptest::prelude::*;
use till_core::money::{Currency, MinorUnit};
use time::{Date, Duration};

use crate::support::{messages, till};

fn export(products: &[Product]) -> String {
    let mut writer = ProductWriter::new(Vec::new()).unwrap();
    for product in products {
        writer.write(product).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

/// The products without the rows that they come from.
fn without_places(mut products: Vec<Product>) -> Vec<Product> {
    for product in &mut products {
        product.place = nowhere();
        product.number = 0;
        for variant in &mut product.variants {
            variant.place = nowhere();
        }
    }
    products
}

fn nowhere() -> Place {
    Place {
        file: Arc::from(""),
        line: 0,
    }
}

fn pan() -> Product {
    let euro: Currency = "eur".parse().unwrap();
    let variant = Variant {
        place: nowhere(),
        sku: "007".to_owned(),
        name: Some("S / Blue".to_owned()),
        active: Some(true),
        price: Some(MinorUnit(1250).of(euro)),
        sale: Given::Value(Sale {
            price: MinorUnit(999).of(euro),
            from: None,
            until: Date::from_ordinal_date(2026, 332).ok(),
        }),
        stock: Given::Value(3),
        max_per_order: Some(2),
        weight_grams: Given::Value(500),
        gtin: Given::Value("4006381333931".to_owned()),
        content: Given::Value(Content {
            thousandths: 750,
            unit: ContentUnit::Litre,
        }),
        tax_code: Given::Value("txcd_99999999".to_owned()),
    };
    let second = Variant {
        sku: "'8".to_owned(),
        name: Some("'90s".to_owned()),
        active: Some(false),
        sale: Given::Empty,
        stock: Given::Empty,
        max_per_order: None,
        weight_grams: Given::Empty,
        gtin: Given::Empty,
        content: Given::Empty,
        tax_code: Given::Empty,
        ..variant.clone()
    };
    Product {
        place: nowhere(),
        number: 0,
        slug: Some("pan".to_owned()),
        name: Some("=SUM(\"x\"), <b>".to_owned()),
        description: Some("- One; two\n\nthree &amp; four\\n".to_owned()),
        category: Given::Value("Pots > Pans".to_owned()),
        brand: Given::Empty,
        pictures: Some(vec![
            Picture {
                source: "https://pics.example/a.jpg".to_owned(),
                alt: Some(String::new()),
            },
            Picture {
                source: "-b.png".to_owned(),
                alt: Some("Left | right \\ above".to_owned()),
            },
        ]),
        position: Some(1),
        texts: ProductTexts::new(),
        variants: vec![variant, second],
    }
}

#[test]
fn a_file_is_written_for_people_with_spreadsheets() {
    let file = export(&[pan()]);
    assert_eq!(
        file,
        "\u{feff}slug,name,description,category,brand,image,image_alt,position,variant,sku,active,\
         gtin,stock,max_per_order,weight_grams,content_amount,content_unit,tax_code,sale_price,\
         sale_from,sale_until,price,currency\n\
         pan,\"'=SUM(\"\"x\"\"), &lt;b>\",\"'- One; two\n\nthree &amp;amp; four&bsol;n\",\
         Pots > Pans,,https://pics.example/a.jpg|-b.png,|Left \\| right \\\\ above,1,S / Blue,\
         007,true,4006381333931,3,2,500,0.75,l,txcd_99999999,999,,2026-11-28,1250,EUR\n\
         pan,,,,,,,,''90s,''8,false,,,,,,,,,,,1250,EUR\n"
    );
    let (products, report) = till(&file);
    assert_eq!(messages(&report), [""; 0]);
    assert_eq!(without_places(products.clone()), [pan()]);
    assert_eq!(export(&products), file);
    assert!(report.files[0].unread_columns.is_empty());
}

#[test]
fn every_written_column_is_read() {
    let header = export(&[]);
    let columns: Vec<_> = header
        .trim_start_matches('\u{feff}')
        .trim()
        .split(',')
        .collect();
    assert_eq!(columns, COLUMNS[..COLUMNS.len() - 2]);
}

#[test]
fn an_incomplete_product_is_not_written() {
    let mut writer = ProductWriter::new(Vec::new()).unwrap();
    let mut product = pan();
    product.variants[1].price = None;
    let error = writer.write(&product).unwrap_err();
    assert!(matches!(
        error,
        WriteError::Incomplete {
            column: "price",
            ..
        }
    ));
    assert_eq!(
        error.to_string(),
        "the product with the SKU \"'8\" has no price"
    );
    assert_eq!(writer.finish().unwrap().len(), export(&[]).len());
}

#[test]
fn variants_that_do_not_say_whether_they_are_on_sale_are_written_with_an_empty_cell() {
    let mut product = pan();
    product.variants[0].active = None;
    let file = export(&[product.clone()]);
    assert!(file.contains("S / Blue,007,,"), "{file}");
    assert!(file.contains("''8,false,"), "{file}");
    let read = till(&file).0;
    assert!(
        read[0]
            .variants
            .iter()
            .all(|variant| variant.active == Some(false))
    );
    product.variants[1].active = None;
    let read = till(export(&[product.clone()])).0;
    assert_eq!(without_places(read), [product]);
}

#[test]
fn stored_text_is_written_as_an_import_would_have_stored_it() {
    let mut product = pan();
    product.name = Some(" Cafe\u{301}\u{7} ".to_owned());
    product.description = Some("One\r\ntwo\rthree\u{b}\r\n".to_owned());
    let first = export(&[product]);
    let (products, report) = till(&first);
    assert_eq!(messages(&report), [""; 0]);
    assert_eq!(products[0].name.as_deref(), Some("Café"));
    assert_eq!(products[0].description.as_deref(), Some("One\ntwo\nthree"));
    assert_eq!(export(&products), first);
}

/// Text with everything that means something to spreadsheets, HTML or the reader.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("'"),
        Just("="),
        Just("+"),
        Just("-"),
        Just("@"),
        Just("\""),
        Just(","),
        Just(";"),
        Just("|"),
        Just("\\"),
        Just("\\n"),
        Just("\\\\n"),
        Just("&"),
        Just("&amp;"),
        Just("<b>"),
        Just("</p>"),
        Just("<!-- -->"),
        Just("&bsol;"),
        Just("&#39;"),
        Just("&nbsp;"),
        Just("="),
        Just("＝"),
        Just("ü"),
        Just("e\u{301}"),
        Just("\u{a0}"),
        Just(" "),
        Just("a"),
        Just("1"),
        Just("12.0"),
        Just("茶"),
        Just("sep="),
        Just("<3"),
        Just("\u{2028}x"),
    ];
    let parts = proptest::collection::vec(part, 1..8);
    let text = parts.prop_map(|parts| parts.concat());
    prop_oneof![3 => text, 1 => "\\PC{1,20}"]
}

/// Text as the reader normalizes it: what it reads of text is read again as the same text.
fn name() -> impl Strategy<Value = String> {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    text().prop_filter_map("refused", move |text| {
        let cell = format!("''{}", escaped(&text)).replace('"', "\"\"");
        let (products, _) = till(format!("sku,price,currency,name\nA,100,EUR,\"{cell}\"\n"));
        let name = products.into_iter().next()?.name?;
        // A selector of a variant of a character has to follow one.
        let selects = |name: &String| name.starts_with(|c| ('\u{fe00}'..='\u{fe0f}').contains(&c));
        Some(name[1..].trim().to_owned()).filter(|name| !name.is_empty() && !selects(name))
    })
}

fn lines() -> impl Strategy<Value = String> {
    let breaks = prop_oneof![Just("\n"), Just("\n\n"), Just(" "), Just("\t")];
    proptest::collection::vec((name(), breaks), 0..4).prop_map(|parts| {
        let text: String = parts
            .iter()
            .map(|(text, end)| format!("{text}{end}"))
            .collect();
        text.trim().to_owned()
    })
}

fn given<T: std::fmt::Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Given<T>> {
    let value = value.prop_map(Given::Value);
    prop_oneof![value, Just(()).prop_map(|()| Given::Empty)]
}

fn currency() -> impl Strategy<Value = Currency> {
    prop_oneof![Just("eur"), Just("jpy"), Just("kwd"), Just("isk")]
        .prop_map(|code| code.parse().unwrap())
}

fn sale(currency: Currency, below: i64) -> impl Strategy<Value = Given<Sale>> {
    let day = || {
        proptest::option::of(
            (0..20_000_i64)
                .prop_map(|days| Date::from_ordinal_date(2000, 1).unwrap() + Duration::days(days)),
        )
    };
    given((1..below, day(), day())).prop_map(move |given| match given {
        Given::Value((amount, from, until)) => Given::Value(Sale {
            price: MinorUnit(amount * 100).of(currency),
            from: from.min(until).or(from),
            until: from.max(until).filter(|_| until.is_some()),
        }),
        _ => Given::Empty,
    })
}

fn variant(
    currency: Currency,
    name: String,
    active: Option<bool>,
) -> impl Strategy<Value = Variant> {
    let price = (2..900_000_i64).prop_flat_map(move |amount| {
        let regular = Just(MinorUnit(amount * 100).of(currency));
        (regular, sale(currency, amount))
    });
    let unit = proptest::sample::select(ContentUnit::ALL.to_vec());
    let content = (1..10_000_000_i64, unit);
    let content = content.prop_map(|(thousandths, unit)| Content { thousandths, unit });
    (
        price,
        given(0..1_000_000_i64),
        proptest::option::of(1..999_999_u32),
        given(1..100_000_i64),
        given(Just("4006381333931".to_owned())),
        given(content),
        given(Just("txcd_99999999".to_owned())),
    )
        .prop_map(
            move |(price, stock, max_per_order, weight_grams, gtin, content, tax_code)| Variant {
                place: nowhere(),
                sku: String::new(),
                name: Some(name.clone()),
                active,
                price: Some(price.0),
                sale: price.1,
                stock,
                max_per_order,
                weight_grams,
                gtin,
                content,
                tax_code,
            },
        )
}

fn picture() -> impl Strategy<Value = Picture> {
    let source = prop_oneof![
        "https://pics[.]example/[a-z0-9é,;'=&-]{1,8}[.]jpg([?]v=[0-9]{1,3})?",
        "/pictures/[a-z]{1,4}[.]svg",
        "[a-z+='@ -]{0,4}[a-z][.]webp".prop_map(|name| name.trim().to_owned()),
    ];
    let alt = prop_oneof![Just(String::new()), name()];
    (source, alt).prop_map(|(source, alt)| Picture {
        source,
        alt: Some(alt),
    })
}

fn product() -> impl Strategy<Value = Product> {
    // Whether they are on sale is given for all variants, or for none.
    let active = proptest::option::of(proptest::collection::vec(any::<bool>(), 3));
    let names = proptest::collection::vec(name(), 1..4);
    let variants = (currency(), names, active).prop_flat_map(|(currency, names, active)| {
        let several = names.len() > 1;
        let names = names
            .into_iter()
            .enumerate()
            .map(move |(index, name)| match several {
                true => format!("{name}{index}"),
                false => String::new(),
            });
        let active = move |index: usize| active.as_ref().map(|all| all[index]);
        names
            .enumerate()
            .map(|(index, name)| variant(currency, name, active(index)))
            .collect::<Vec<_>>()
    });
    (
        name(),
        lines(),
        given(name()),
        given(name()),
        proptest::collection::vec(picture(), 0..4),
        proptest::option::of(0..1_000_i64),
        variants,
    )
        .prop_map(
            |(name, description, category, brand, pictures, position, variants)| Product {
                place: nowhere(),
                number: 0,
                slug: None,
                name: Some(name),
                description: Some(description),
                category,
                brand,
                pictures: Some(pictures),
                position,
                texts: ProductTexts::new(),
                variants,
            },
        )
}

/// Products with different slugs and SKUs.
fn products() -> impl Strategy<Value = Vec<Product>> {
    let prefix = prop_oneof![
        Just(""),
        Just("'"),
        Just("="),
        Just("0"),
        Just("-1,"),
        Just("1E+0")
    ];
    let products = proptest::collection::vec((product(), prefix), 0..4);
    products.prop_map(|products| {
        let mut number = 0;
        let numbered = products.into_iter().enumerate();
        numbered
            .map(|(index, (mut product, prefix))| {
                product.slug = Some(format!("p-{index}"));
                for variant in &mut product.variants {
                    number += 1;
                    variant.sku = format!("{prefix}{number}");
                }
                product
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(crate::support::cases(300))]

    #[test]
    fn reading_an_export_returns_the_products_and_the_same_export(products in products()) {
        let file = export(&products);
        let (read, report) = till(&file);
        prop_assert_eq!(messages(&report), [""; 0], "{}", file);
        let read = without_places(read);
        prop_assert_eq!(&read, &products, "{}", file);
        prop_assert_eq!(export(&read), file);
    }

    #[test]
    fn any_stored_text_is_exported_the_same_after_an_import(text in "\\PC{0,30}", more in text()) {
        let mut product = pan();
        // The reader refuses this sign of a letter that was lost.
        product.description = Some(format!("{text}\r\n{more}").replace('\u{fffd}', "?"));
        let first = export(&[product]);
        let (read, report) = till(&first);
        prop_assert_eq!(messages(&report), [""; 0], "{}", first);
        prop_assert_eq!(export(&read), first);
    }
}

#[test]
fn a_reader_can_be_sent_to_another_thread() {
    let file = InputFile::new("products.csv", Cursor::new(export(&[pan()])));
    let options = Options {
        format: Format::Till,
        currency: None,
    };
    let reader = read(vec![file], options).unwrap();
    let count = std::thread::spawn(move || reader.count()).join().unwrap();
    assert_eq!(count, 1);
}

#[test]
fn texts_in_languages_and_about_safety_return_from_a_file_with_their_columns() {
    let texts = ProductText::all().enumerate().map(|(index, text)| {
        let value = match index % 3 {
            0 => None,
            1 => Some(format!("=<b>{index}</b>")),
            _ => Some(format!("'Zeile &amp; \"{index}\"")),
        };
        (text, value)
    });
    let product = Product {
        texts: texts.collect(),
        ..pan()
    };
    let columns = ProductText::all().collect();
    let mut writer = ProductWriter::with_texts(Vec::new(), columns).unwrap();
    writer.write(&product).unwrap();
    let file = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert!(file.contains(",position,name_de,description_de,"), "{file}");
    assert!(file.contains(",manufacturer_contact,responsible_person,safety,variant,"));
    assert_eq!(till(&file).0[0].texts, product.texts);
}

#[test]
fn a_file_without_columns_of_texts_says_nothing_about_them() {
    let read = till("slug,name,sku,price,currency,Name DE,safety,name_xx\np,P,S,1,EUR,,Hot,x\n");
    let texts =
        ProductText::all().filter_map(|text| Some((text.column(), read.0[0].texts.get(&text)?)));
    let texts: Vec<_> = texts.collect();
    let safety = Some("Hot".to_owned());
    assert_eq!(
        texts,
        [
            ("name_de".to_owned(), &None),
            ("safety".to_owned(), &safety)
        ]
    );
}
