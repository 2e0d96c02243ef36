//! Files as spreadsheets and people write them. Each test rebuilds a file on which another shop
//! has failed.

use crate::support::{HEADER, messages, notes, problems, till, try_read};
use product_file::{Format, Given};

fn utf16(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect()
}

fn windows_1252(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1252.encode(text).0.into_owned()
}

fn with_crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

#[test]
fn excel_writes_a_byte_order_mark_capital_booleans_and_crlf() {
    let text = format!(
        "\u{feff}{HEADER}\nPAN-1,iron-pan,Iron Pan,Ready to use.,4250,EUR,7,5,,Cooking,1,TRUE\n\
         PAN-2,steel-pan,Steel Pan,Light.,3950,EUR,2,5,,Cooking,2,FALSE\n"
    );
    let (products, report) = till(with_crlf(&text));
    assert!(report.problems.is_empty(), "{}", report.problems);
    let active: Vec<_> = products
        .iter()
        .map(|product| product.variants[0].active)
        .collect();
    assert_eq!(active, [Some(true), Some(false)]);
    let pan = &products[0];
    assert_eq!(pan.slug.as_deref(), Some("iron-pan"));
    assert_eq!(pan.name.as_deref(), Some("Iron Pan"));
    assert_eq!(pan.description.as_deref(), Some("Ready to use."));
    assert_eq!(pan.category, Given::Value("Cooking".to_owned()));
    assert_eq!(pan.brand, Given::Absent);
    assert_eq!(pan.position, Some(1));
    assert_eq!(pan.pictures.as_deref(), Some(&[][..]));
    let [variant] = pan.variants.as_slice() else {
        panic!("{pan:?}")
    };
    assert_eq!((variant.sku.as_str(), variant.place.line), ("PAN-1", 2));
    assert_eq!(variant.price.unwrap().to_string(), "€42.50");
    assert_eq!(variant.stock, Given::Value(7));
    assert_eq!(variant.max_per_order, Some(5));
    assert_eq!(
        (variant.name.clone(), &variant.gtin),
        (None, &Given::Absent)
    );
    assert_eq!(
        report.summary(),
        [
            "2 products with 2 variants in 2 rows",
            "shoppers will see prices from €39.50 to €42.50"
        ]
    );
}

#[test]
fn german_excel_writes_semicolons_windows_1252_and_commas_in_prices() {
    let header = HEADER.replace(',', ";");
    let text = with_crlf(&format!(
        "{header}\nPF-1;pfanne;Pfanne für Öfen;Groß.;42,50;EUR;7;5;;Küche;1;WAHR\n"
    ));
    let (_, report) = till(windows_1252(&text));
    assert_eq!(
        messages(&report),
        [
            "line 2, column price: must be a whole number of minor units from 1 to 99999999, not \
             \"42,50\": write 4250 for €42.50, or name the column price_decimal"
        ]
    );
    let (products, report) = till(windows_1252(&text.replace(";price;", ";price_decimal;")));
    assert_eq!(messages(&report), [""; 0]);
    assert_eq!(products[0].name.as_deref(), Some("Pfanne für Öfen"));
    assert_eq!(products[0].variants[0].active, Some(true));
    assert_eq!(products[0].variants[0].price.unwrap().amount.0, 4250);
    assert_eq!(
        report.summary()[2],
        "products.csv is not in UTF-8 and was read as Windows-1252: line 2 has \"Pfanne für \
         Öfen\"; if letters are wrong there, save the file as CSV UTF-8"
    );
    // `sep=` is for Excel, and says the same.
    for declaration in ["sep=;", "\"sep=;\"", "SEP=;"] {
        let file = format!("{declaration}\r\n{}", text.replace("42,50", "4250"));
        let (products, _) = till(file);
        assert_eq!((products.len(), products[0].place.line), (1, 3));
    }
}

#[test]
fn rows_of_separators_are_skipped() {
    let row = "P,p,P,,100,EUR,,1,,C,1,true";
    let empty = ",".repeat(11);
    let text = with_crlf(&format!(
        "{HEADER}\n{empty}\n{row}\n{empty}\n \n\n{empty}\n"
    ));
    let (products, report) = till(text);
    assert_eq!((products.len(), products[0].place.line), (1, 3));
    assert_eq!((report.rows, report.empty_rows), (1, 5));
    assert_eq!(report.summary()[2], "5 empty rows skipped");
}

#[test]
fn whole_units_in_the_column_of_minor_units_are_noticed() {
    let (products, report) = till(format!(
        "{HEADER}\nA,a,A,,15,EUR,,1,,C,1,true\nB,b,B,,49,EUR,,1,,C,1,true\n\
         C,c,C,,2500,EUR,,1,,C,1,true\n"
    ));
    assert_eq!(products.len(), 3);
    assert_eq!(
        notes(&report),
        [
            "line 2: €0.15 is below Stripe's minimum charge of €0.50; if €15.00 is meant, the \
             price is 1500 minor units (and 1 row like it)"
        ]
    );
    assert_eq!(
        report.summary()[1],
        "shoppers will see prices from €0.15 to €25.00"
    );
}

#[test]
fn a_currency_without_a_documented_minimum_is_noticed() {
    let (_, report) = till(format!("{HEADER}\nA,a,A,,5000,VND,,1,,C,1,true\n"));
    assert_eq!(
        notes(&report),
        [
            "line 2: Stripe documents no minimum charge in VND, but a charge must be worth about \
             €0.50 or $0.50 in the currency of your account"
        ]
    );
}

#[test]
fn a_picture_cell_has_addresses_or_files_that_browsers_show() {
    let row = |number: u8, image: &str| {
        format!("P-{number},p-{number},Pan,,100,EUR,,1,{image},C,1,true\n")
    };
    let text = format!(
        "{HEADER}\n{}{}{}{}{}",
        row(
            1,
            "\"https://pics.example/1.jpg, https://pics.example/2.jpg\""
        ),
        row(2, "https://pics.example/1.jpg|pan 2.png"),
        row(3, "//pics.example/1.jpg"),
        row(4, "/pictures\\iron pan.jpg"),
        row(5, "https://pics.example/DSC1.heic"),
    );
    let (products, report) = till(&text);
    assert_eq!(
        messages(&report),
        [
            "line 2, column image: has several addresses: write | between them, not \
             \"https://pics.example/1.jpg, https://pics.example/2.jpg\"",
            "line 4, column image: must begin with https:, so write \
             \"https://pics.example/1.jpg\"",
            "line 5, column image: must have / instead of the backslash in \
             \"/pictures\\iron pan.jpg\"",
            "line 6, column image: must be a picture that browsers show (jpg, jpeg, png, webp, \
             gif, avif, svg), not \"https://pics.example/DSC1.heic\"",
        ]
    );
    let pictures = products[0].pictures.as_deref().unwrap();
    let sources: Vec<_> = pictures
        .iter()
        .map(|picture| picture.source.as_str())
        .collect();
    assert_eq!(sources, ["https://pics.example/1.jpg", "pan 2.png"]);
}

#[test]
fn html_and_literal_line_breaks_become_text() {
    let text = format!(
        "{HEADER}\nP-1,p-1,Oil &amp; Vinegar,\"<p>For an <b>oven</b>.</p>\n<ul>\n<li>Iron &lt; \
         3 kg</li>\n<li>With lid</li>\n</ul><br data-x=\"\"1\"\">\",100,EUR,,1,,Pots &gt; Pans,1,\
         true\nP-2,p-2,Pan,One.\\nTwo.\\n\\nThree.,100,EUR,,1,,Salt &amp; Co,2,true\n"
    );
    let (products, report) = till(text);
    assert_eq!(messages(&report), [""; 0]);
    let description = |index: usize| products[index].description.clone().unwrap();
    assert_eq!(description(0), "For an oven.\n\n• Iron < 3 kg\n• With lid");
    assert_eq!(description(1), "One.\nTwo.\n\nThree.");
    assert_eq!(products[0].name.as_deref(), Some("Oil & Vinegar"));
    assert_eq!(products[0].category, Given::Value("Pots > Pans".to_owned()));
    assert_eq!(products[1].category, Given::Value("Salt & Co".to_owned()));
    // The description above has five lines.
    assert_eq!(products[1].place.line, 7);
}

#[test]
fn unicode_text_is_utf_16() {
    let text = format!("{HEADER}\nP,p,Pän,“x” – y,100,EUR,,1,,C,1,true\n");
    let (products, report) = till(utf16(&with_crlf(&text)));
    assert_eq!(messages(&report), [""; 0]);
    assert_eq!(products[0].name.as_deref(), Some("Pän"));
    assert_eq!(
        (report.files[0].encoding, report.summary().len()),
        ("UTF-16LE", 2)
    );
    // Excel separates the cells of "Unicode text" by tabs.
    let (products, report) = till(utf16(&text.replace(',', "\t")));
    assert_eq!((products.len(), report.files[0].delimiter), (1, '\t'));
}

#[test]
fn numbers_are_read_or_refused_with_what_to_write() {
    let row = |number: u8, price: &str, stock: &str, max: &str, position: &str| {
        format!("N-{number},n-{number},N,,{price},EUR,{stock},{max},,C,{position},true\n")
    };
    let text = [
        format!("{HEADER}\n"),
        row(1, "42.50", "7", "5", "1"),
        row(2, "\"42,50\"", "7", "5", "1"),
        row(3, "\"4,250.00\"", "7", "5", "1"),
        row(4, "€42.50", "7", "5", "1"),
        row(5, "42.50 EUR", "7", "5", "1"),
        row(6, "4250", "7.0", "5", "1"),
        row(7, "4250", "-1", "5", "1"),
        row(8, "+4250", "+7", "+5", "+1"),
        row(9, "4.25E+03", "7", "5", "1"),
        row(10, "4250", "7", "5", ""),
        row(11, "4250", "7", "", "1"),
        row(12, "\"4\u{202f}250\"", "7", "5", "1"),
        row(13, "4250", "", "5", "1"),
    ]
    .concat();
    let (products, report) = till(text);
    let price = |line: u8, cell: &str, minor: &str, shown: &str| {
        format!(
            "line {line}, column price: must be a whole number of minor units from 1 to 99999999, \
             not \"{cell}\": write {minor} for {shown}, or name the column price_decimal"
        )
    };
    assert_eq!(
        messages(&report),
        [
            price(2, "42.50", "4250", "€42.50"),
            price(3, "42,50", "4250", "€42.50"),
            price(4, "4,250.00", "425000", "€4,250.00"),
            price(5, "€42.50", "4250", "€42.50"),
            price(6, "42.50 EUR", "4250", "€42.50"),
            "line 8, column stock: must be a whole number from 0 to 1000000000, not \"-1\""
                .to_owned(),
            "line 10, column price: must be a whole number of minor units from 1 to 99999999, not \
             \"4.25E+03\": a spreadsheet has shortened it, so format the column as a number"
                .to_owned(),
            "line 13, column price: must be a whole number of minor units from 1 to 99999999, not \
             \"4\u{202f}250\": write 4250 for €42.50, or 425000 for €4,250.00"
                .to_owned(),
        ]
    );
    let read: Vec<_> = products
        .iter()
        .map(|product| {
            let variant = &product.variants[0];
            (
                variant.sku.as_str(),
                variant.price.unwrap().amount.0,
                variant.stock,
                variant.max_per_order,
                product.position,
            )
        })
        .collect();
    let seven = Given::Value(7);
    assert_eq!(
        read,
        [
            ("N-6", 4250, seven, Some(5), Some(1)),
            ("N-8", 4250, seven, Some(5), Some(1)),
            ("N-10", 4250, seven, Some(5), None),
            ("N-11", 4250, seven, None, Some(1)),
            ("N-13", 4250, Given::Empty, Some(5), Some(1)),
        ]
    );
}

#[test]
fn columns_are_found_in_any_case_and_others_are_listed_once() {
    let (products, report) = till(
        "SKU,Slug,NAME,Price,Currency,Max per order,Notes,Supplier\nP,p,Pan,4250,EUR,3,May,X\n\
         Q,q,Pot,4250,EUR,3,June,Y\n",
    );
    assert_eq!(products.len(), 2);
    assert_eq!(products[0].variants[0].max_per_order, Some(3));
    assert_eq!(products[0].description, None);
    assert_eq!(products[0].pictures, None);
    assert_eq!(products[0].variants[0].stock, Given::Absent);
    assert_eq!(
        report.summary().last().unwrap(),
        "products.csv has columns that were not read: Notes, Supplier"
    );
    assert_eq!(
        problems("SKU,Price,Currency\nP,42.50,EUR\n")[0][..22],
        *"line 2, column Price: "
    );
}

#[test]
fn invisible_and_control_characters_in_names_are_refused() {
    let row = |number: u8, sku: &str, name: &str| {
        format!("{sku},i-{number},{name},,100,EUR,,1,,I,1,true\n")
    };
    let text = [
        format!("{HEADER}\n"),
        row(1, "I-1", "\u{200b}"),
        row(2, "I-2", "Iron\u{a0} Pan\u{ad}"),
        row(3, "I-3", "\"Iron\nPan\""),
        row(4, "I-4", "Iron\u{b}Pan\u{7}"),
        row(5, "'007", "Pan"),
        row(6, "I-6", "Pan\0"),
        row(7, "I\u{200b}7", "Pan"),
    ]
    .concat();
    let (products, report) = till(text);
    assert_eq!(
        messages(&report),
        [
            "line 2, column name: has an invisible character (U+200B, a zero-width space) at its \
             beginning: delete it",
            "line 3, column name: has an invisible character (U+00AD, a soft hyphen) after \
             \"Iron\u{a0} Pan\": delete it",
            "line 4, column name: must be one line, but has a line break after \"Iron\"",
            "line 6, column name: has a control character (U+000B) after \"Iron\": delete it",
            "line 8, column name: has a control character (U+0000) after \"Pan\": delete it",
            "line 9, column sku: has an invisible character (U+200B, a zero-width space) after \
             \"I\": delete it",
        ]
    );
    assert_eq!(products[0].variants[0].sku, "007");
}

#[test]
fn names_of_every_script_are_kept() {
    let names = [
        "Rindfleischetikettierungsüberwachungsaufgabenübertragung",
        "X1234567-890_HALF_ROUND_SEAL_NYLON_DRILLED_REV_0003",
        "קערה (300 מ״ל)",
        "صحن - 300 مل",
        "🧑\u{200d}🌾 Pan 🇪🇺",
    ];
    let rows = names.iter().enumerate().map(|(index, name)| {
        format!(
            "N-{index},n-{index},{name},,100,EUR,,1,,{},1,true\n",
            names[0]
        )
    });
    let (products, report) = till(format!("{HEADER}\n{}", rows.collect::<String>()));
    assert_eq!(messages(&report), [""; 0]);
    let read: Vec<_> = products
        .iter()
        .map(|product| product.name.clone().unwrap())
        .collect();
    assert_eq!(read, names);
}

#[test]
fn windows_1252_is_recognised_with_commas_too() {
    let text = with_crlf(&format!(
        "{HEADER}\nP-1,pan,Pan,Plain.,100,EUR,,1,,C,1,true\n\
         P-2,topf,Topf grün,Für zuhause – 3 l.,100,EUR,,1,,Küche,2,true\n"
    ));
    let (products, report) = till(windows_1252(&text));
    assert_eq!(
        products[1].description.as_deref(),
        Some("Für zuhause – 3 l.")
    );
    assert_eq!(report.files[0].encoding, "windows-1252");
    assert_eq!(
        report.files[0].sample,
        Some((3, "\"Topf grün\"".to_owned()))
    );
}

#[test]
fn a_row_with_one_separator_too_many_is_one_problem() {
    let (products, report) = till(format!(
        "{HEADER}\nP-1,p-1,Pan,Plain.,100,EUR,,1,,C,1,true\n\
         P-2,p-2,Pan,Heavy, but good.,100,EUR,,1,,C,1,true\n\
         P-3,p-3,Pan,Plain.,100,EUR,,1,,C,1,true,,\nP-4,p-4\n"
    ));
    assert_eq!(
        messages(&report),
        [
            "line 3: has 13 cells, but the header names 12 columns: text with the separator in it \
             needs quotation marks",
            "line 5: has 2 cells, but the header names 12 columns: text with a line break needs \
             quotation marks, and an empty cell its separator",
        ]
    );
    assert_eq!((products.len(), report.refused), (2, 2));
}

#[test]
fn lines_are_numbered_as_an_editor_does() {
    let text = format!(
        "{HEADER}\nP-1,pan,Pan,Good.,100,EUR,,1,,C,1,true\n\
         P-2,Steel_Pan,Pan,A bad slug.,100,EUR,,1,,C,1,true\n\
         P-3,pot,Pot,A bad price.,1.00,EUR,,1,,C,1,true\n"
    );
    for end in ["\n", "\r\n", "\r"] {
        let (products, report) = till(text.replace('\n', end));
        assert_eq!(products.len(), 1);
        assert_eq!(
            messages(&report),
            [
                "line 3, column slug: may hold lower-case letters a to z, digits, and single \
                 hyphens between them: steel-pan, not \"Steel_Pan\"",
                "line 4, column price: must be a whole number of minor units from 1 to 99999999, \
                 not \"1.00\": write 1 for €0.01, or 100 for €1.00",
            ],
            "{end:?}"
        );
    }
}

#[test]
fn a_header_that_cannot_be_used_is_said_completely() {
    assert_eq!(
        problems("slug,price,Slug,colour\n"),
        [
            "line 1, column sku: is missing",
            "line 1, column currency: is missing: add it, or give the currency of all prices with \
             --currency EUR",
            "line 1, column Slug: appears twice",
        ]
    );
    assert_eq!(
        problems("Handle,Title,Variant SKU\n"),
        ["line 1, column sku: is missing; this looks like Shopify's export: use --from shopify"]
    );
    assert_eq!(
        problems("\"sku,slug\n"),
        [
            "line 1: has a quotation mark in line 1 that is never closed: close it, or write two \
             for one within text; nothing after it was read"
        ]
    );
    let unreadable = |bytes: &[u8]| match try_read(Format::Till, None, &[bytes]) {
        Err(error) => error.to_string(),
        Ok(_) => "read".to_owned(),
    };
    assert_eq!(unreadable(b""), "products.csv is empty");
    assert_eq!(unreadable(b"\n,,\n"), "products.csv is empty");
    assert_eq!(
        unreadable(b"PK\x03\x04xl/workbook.xml"),
        "products.csv is a workbook or an archive, not a CSV file: open it in a spreadsheet and \
         save it as CSV UTF-8"
    );
    let mixed = ["sku,name\nA,Küche grün\nB,K".as_bytes(), b"\xfcche\n"].concat();
    assert_eq!(
        unreadable(&mixed),
        "products.csv, line 3: has letters that are not UTF-8, but the rest of the file is UTF-8: \
         correct the line, and save the file as UTF-8"
    );
}

#[test]
fn quotation_marks_that_are_wrong_are_named() {
    let text = format!(
        "{HEADER}\nP-1,p-1,\"5\" pan\",,100,EUR,,1,,C,1,true\n\
         P-2,p-2,5\" pan,,100,EUR,,1,,C,1,true\nP-3,p-3,Pan,\"Open,100,EUR,,1,,C,1,true\n\
         P-4,p-4,Pan,,100,EUR,,1,,C,1,true\n"
    );
    let (products, report) = till(text);
    assert_eq!(
        messages(&report),
        [
            "line 2: has text after the closing quotation mark of cell 3: write two quotation \
             marks for each one within text",
            "line 4: has a quotation mark in line 4 that is never closed: close it, or write two \
             for one within text; nothing after it was read",
        ]
    );
    assert_eq!(products[0].name.as_deref(), Some("5\" pan"));
}

#[test]
fn rows_with_the_same_slug_are_variants_wherever_they_are() {
    let first = b"slug,sku,variant,name,price,currency,stock,active\n\
        shirt,S-1,S,Shirt,2000,EUR,1,true\npan,P-1,,Pan,4250,EUR,,true\n\
        shirt,S-2,M,,2100,EUR,2,\n";
    let second = b"slug,sku,variant,price,currency\nshirt,S-3,L,2200,EUR\n";
    let (products, report) = try_read(Format::Till, None, &[first, second]).unwrap();
    assert_eq!(messages(&report), [""; 0]);
    let read: Vec<_> = products
        .iter()
        .map(|product| {
            let skus: Vec<_> = product
                .variants
                .iter()
                .map(|each| each.sku.as_str())
                .collect();
            (product.number, product.slug.clone().unwrap(), skus)
        })
        .collect();
    assert_eq!(
        read,
        [
            (2, "pan".to_owned(), vec!["P-1"]),
            (1, "shirt".to_owned(), vec!["S-1", "S-2", "S-3"]),
        ]
    );
    let shirt = &products[1];
    assert_eq!(shirt.variants[2].place.to_string(), "2.csv, line 2");
    assert_eq!(shirt.variants[2].name.as_deref(), Some("L"));
    assert_eq!(shirt.variants[2].stock, Given::Absent);
    assert_eq!(products[0].variants[0].name.as_deref(), Some(""));
}

/// Whether the variants are on sale, product by product.
fn active(files: &[&[u8]]) -> Vec<Vec<Option<bool>>> {
    let (products, report) = try_read(Format::Till, None, files).unwrap();
    assert_eq!(messages(&report), [""; 0]);
    let variants = products.iter().map(|product| &product.variants);
    variants
        .map(|variants| variants.iter().map(|variant| variant.active).collect())
        .collect()
}

#[test]
fn a_variant_that_does_not_say_whether_it_is_on_sale_takes_the_first_value_said() {
    let header = "slug,sku,variant,price,currency,active\n";
    let rows = |cells: &[&str]| {
        let rows = cells.iter().enumerate();
        let rows = rows.map(|(row, cell)| format!("a,A-{row},V{row},100,EUR,{cell}\n"));
        format!("{header}{}", rows.collect::<String>())
    };
    let read = |cells: &[&str]| active(&[rows(cells).as_bytes()]);
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(read(&["true", "false", "true"]), [[yes, no, yes]]);
    assert_eq!(read(&["false", "", ""]), [[no, no, no]]);
    assert_eq!(
        read(&["", "WAHR", "", "no", ""]),
        [[yes, yes, yes, no, yes]]
    );
    assert_eq!(read(&["", ""]), [[None, None]]);
    let without = b"slug,sku,variant,price,currency\na,B-1,W1,100,EUR\n";
    assert_eq!(active(&[without]), [[None]]);
    // What one product gives is not given to another one.
    let other = format!("{}b,B,,100,EUR,\n", rows(&["true", "false"]));
    assert_eq!(active(&[other.as_bytes()]), [vec![yes, no], vec![None]]);
    let first = rows(&["", "false"]);
    assert_eq!(active(&[without, first.as_bytes()]), [[no, no, no]]);
}

#[test]
fn variants_that_contradict_each_other_are_refused() {
    let header = "slug,sku,variant,name,price,currency,active";
    let text = format!(
        "{header}\na,A-1,S,Shirt,100,EUR,true\na,A-2,s,Blouse,100,EUR,false\n\
         a,A-2,,,100,EUR,\nb,,,B,,EUR,true\n,C,,C,100,,maybe\n"
    );
    assert_eq!(
        problems(text),
        [
            "line 3, column name: is \"Blouse\", but \"Shirt\" in line 2: all rows of a product \
             have one name, or only the first has it",
            "line 3, column variant: \"s\" is already used in line 2: the variants of a product \
             need different names",
            "line 4, column sku: \"A-2\" is already used in line 3",
            "line 4, column variant: must not be empty: the product has several variants, so say \
             what differs, such as Large",
            "line 5, column sku: must not be empty",
            "line 5, column price: must not be empty",
            "line 6, column slug: must not be empty",
            "line 6, column active: must be true or false, not \"maybe\"",
            "line 6, column currency: must not be empty",
        ]
    );
    assert_eq!(
        problems(format!(
            "{HEADER}\nA,a,A,,1,EUR,,1,,C,,true\nB,a,A,,1,EUR,,1,,C,,true\n"
        )),
        [
            "line 3, column slug: is already used in line 2: rows with the same slug are variants \
             of one product, and need the column variant with what differs; to change variants by \
             their SKUs alone, leave out the column slug"
        ]
    );
}

#[test]
fn a_product_has_one_currency() {
    assert_eq!(
        problems("slug,sku,variant,price,currency\na,A,S,100,EUR\na,B,M,100,usd\na,C,L,100,EUR\n"),
        ["line 3, column currency: is USD, but EUR in line 2: a product has one currency"]
    );
}

#[test]
fn a_product_with_very_many_variants_is_read_quickly() {
    let rows = (0..50_000).map(|number| format!("a,A-{number},V{number},100,EUR\n"));
    let text: String = rows.collect();
    let (products, report) = till(format!("slug,sku,variant,price,currency\n{text}"));
    assert_eq!(messages(&report), [""; 0]);
    assert_eq!((products.len(), products[0].variants.len()), (1, 50_000));
}

#[test]
fn a_file_of_skus_and_prices_says_nothing_else() {
    let (products, report) = try_read(
        Format::Till,
        Some("eur"),
        &[b"sku;price_decimal\nA;12,50\nB;9\n"],
    )
    .unwrap();
    assert_eq!(messages(&report), [""; 0]);
    let read: Vec<_> = products
        .iter()
        .map(|product| {
            (
                product.slug.clone(),
                product.variants[0].price.unwrap().to_string(),
            )
        })
        .collect();
    assert_eq!(
        read,
        [(None, "€12.50".to_owned()), (None, "€9.00".to_owned())]
    );
}

#[test]
fn the_other_columns_are_checked_too() {
    let header = "sku,price,price_decimal,currency,sale_price,sale_from,sale_until,weight_grams,\
                  gtin,content_amount,content_unit,tax_code,image,image_alt,brand";
    let text = format!(
        "{header}\n\
         A,1250,12.50,EUR,999,2026-11-27,2026-11-30,500,'4006381333931,0.75,L,txcd_99999999,a.jpg\
         |b.jpg,Front|,Maker\n\
         B,1250,12.60,EUR,1250,2026-11-30,2026-11-27,0,4006381333932,0,pt,PC1,a.jpg,One|Two,\n\
         C,,12.50,isk,,2026-11-27,x,,,1,,,,,\n"
    );
    let (products, report) = till(&text);
    assert_eq!(
        messages(&report),
        [
            "line 3, column image_alt: has 2 texts for 1 pictures: write | between the texts, in \
             the order of the pictures",
            "line 3, column price_decimal: is €12.60, but price is €12.50: use one of the two \
             columns",
            "line 3, column sale_price: must be below the regular price of €12.50, not €12.50",
            "line 3, column sale_until: must not be before 2026-11-30, when the sale begins",
            "line 3, column weight_grams: must be a whole number from 1 to 100000000, not \"0\"",
            "line 3, column gtin: has a mistyped digit: \"4006381333932\" is no GTIN",
            "line 3, column tax_code: must be one of Stripe's tax codes, such as txcd_99999999, \
             not \"PC1\"",
            "line 3, column content_amount: must be a number above 0 with at most three decimals, \
             such as 0.75, not \"0\"",
            "line 3, column content_unit: must be one of g, kg, ml, cl, l, cm, m, m2, m3, item, \
             not \"pt\"",
            "line 4, column price_decimal: must be a multiple of 100 in isk: the smallest price is \
             ISK 1.00, and \"12.50\" is ISK 12.50",
            "line 4, column sale_until: must be a day such as 2026-11-28, not \"x\"",
            "line 4, column sale_from: is a day of a sale, but the row has no sale_price",
            "line 4, column content_unit: must not be empty beside a content_amount",
        ]
    );
    let variant = &products[0].variants[0];
    let sale = variant.sale.value().unwrap();
    assert_eq!(sale.price.to_string(), "€9.99");
    assert_eq!(sale.until.unwrap().to_string(), "2026-11-30");
    assert_eq!(variant.gtin, Given::Value("4006381333931".to_owned()));
    assert_eq!(variant.content.value().unwrap().thousandths, 750);
    let alts = products[0].pictures.as_deref().unwrap().iter();
    let alts: Vec<_> = alts.map(|picture| picture.alt.as_deref()).collect();
    assert_eq!(alts, [Some("Front"), Some("")]);
}

#[test]
fn pictures_without_their_texts_say_nothing_about_them_and_texts_need_pictures() {
    let (products, report) = till("sku,image\nA,a.jpg|HTTPS://x.example/b.jpg\n");
    assert_eq!(messages(&report), [""; 0]);
    let pictures = products[0].pictures.as_deref().unwrap();
    assert_eq!(pictures[1].source, "https://x.example/b.jpg");
    assert!(pictures.iter().all(|picture| picture.alt.is_none()));
    assert_eq!(
        problems("sku,image_alt\nA,\nB,Front\n"),
        [
            "line 3, column image_alt: describes pictures, so it also needs the column image with \
             them"
        ]
    );
}

#[test]
fn rows_without_a_slug_need_no_name_each() {
    let (products, report) = till("sku,name\nA,Cup\nB,\n");
    assert_eq!(messages(&report), [""; 0]);
    let names: Vec<_> = products.iter().map(|row| row.name.as_deref()).collect();
    assert_eq!(names, [Some("Cup"), None]);
    let message = "line 2, column name: must not be empty";
    assert_eq!(problems("slug,sku,name\ncup,A,\n"), [message]);
}

#[test]
fn a_report_says_how_a_file_spells_its_columns_of_prices() {
    let (_, report) = till("SKU,Price decimal,currency\nA,1.50,EUR\n");
    let file = &report.files[0];
    assert_eq!(
        (file.price_column.as_str(), file.sale_price_column.as_str()),
        ("Price decimal", "sale_price")
    );
}

#[test]
fn fifty_problems_are_described_and_the_others_counted() {
    let rows = "A,100,euro\n".repeat(120);
    let (_, report) = till(format!("sku,price,currency\n{rows}"));
    // The SKU is the same in each row, too.
    assert_eq!(report.problems.count(), 239);
    let text = report.problems.to_string();
    assert_eq!(text.lines().count(), 51);
    assert!(text.ends_with("\nand 189 more problems"), "{text}");
    assert_eq!(report.refused, 120);
}

#[test]
fn messages_repeat_no_control_characters_and_no_long_cells() {
    let cell = format!("\u{1b}[31m{}", "x".repeat(500));
    let message = &problems(format!("sku,price,currency\nA,100,{cell}\n"))[0];
    assert!(
        message.contains("\\u{1b}[31m") && message.contains('…'),
        "{message}"
    );
    assert!(message.chars().count() < 160, "{message}");
}
