//! The exports of Shopify and WooCommerce.

use crate::support::{left_out, messages, notes, try_read};
use product_file::{Format, Given, Product, Report};

const SHOPIFY: &str = "Handle,Title,Body (HTML),Vendor,Product Category,Type,Published,\
    Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Grams,\
    Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,\
    Variant Compare At Price,Variant Requires Shipping,Variant Barcode,Image Src,Image Position,\
    Image Alt Text,Gift Card,Variant Image,Status,Cost per item";

const WOO: &str = "\u{feff}ID,Type,SKU,Name,Published,\"Visibility in catalog\",\
    \"Short description\",Description,\"Date sale price starts\",\"Date sale price ends\",\
    \"In stock?\",Stock,\"Backorders allowed?\",\"Weight (kg)\",\"Sale price\",\"Regular price\",\
    Categories,Images,Parent,Position,\"Attribute 1 name\",\"Attribute 1 value(s)\",\
    \"Attribute 2 name\",\"Attribute 2 value(s)\"";

fn shopify(rows: &[&str]) -> (Vec<Product>, Report) {
    let text = format!("{SHOPIFY}\n{}\n", rows.join("\n"));
    try_read(Format::Shopify, Some("eur"), &[text.as_bytes()]).unwrap()
}

fn woocommerce(rows: &[&str]) -> (Vec<Product>, Report) {
    let text = format!("{WOO}\n{}\n", rows.join("\n"));
    try_read(Format::WooCommerce, Some("eur"), &[text.as_bytes()]).unwrap()
}

/// SKU, name, regular price and stock of each variant.
fn variants(product: &Product) -> Vec<(&str, &str, i64, Given<i64>)> {
    let each = product.variants.iter();
    each.map(|variant| {
        let price = variant.price.unwrap().amount.0;
        (
            variant.sku.as_str(),
            variant.name.as_deref().unwrap(),
            price,
            variant.stock,
        )
    })
    .collect()
}

/// Whether each variant is on sale.
fn active(product: &Product) -> Vec<bool> {
    let each = product.variants.iter();
    each.map(|variant| variant.active.unwrap()).collect()
}

fn sources(product: &Product) -> Vec<&str> {
    let pictures = product.pictures.as_deref().unwrap().iter();
    pictures.map(|picture| picture.source.as_str()).collect()
}

#[test]
fn shopifys_variants_and_pictures_are_rows() {
    let (products, report) = shopify(&[
        "iron-pan,Iron Pan,\"<p>For an <em>oven</em>.</p>\n<ul><li>28\"\" wide</li></ul>\",Smith,\
         Home > Cooking,Pan,true,Size,Small,Colour,Black,'20,453.6,shopify,5,deny,9.99,12.00,true,\
         '4006381333931,https://pics.example/b.jpg?v=1,2,,false,https://pics.example/s.jpg,active,",
        "iron-pan,,,,,,,,Large,,Blue,'28,0.0,shopify,-1,continue,\"1,250.00\",,true,XYZ,\
         https://pics.example/a.jpg?v=2,1,From above,,,,",
        "iron-pan,,,,,,,,,,,,,,,,,,,,https://pics.example/c.jpg,3,,,,,",
        "pot,Pot,,Smith,Home > Cooking > Pots,,false,Title,Default Title,,,,28,,1,deny,50,,true,,\
         ,,,,,active,",
        "lid,Lid,Plain.,,,,TRUE,Title,Default Title,,,LID,,shopify,0,deny,\"24,90\",,,,,,,,,draft,",
    ]);
    assert_eq!(messages(&report), [""; 0]);
    let [pan, pot, lid] = products.as_slice() else {
        panic!("{products:?}")
    };
    assert_eq!(
        variants(pan),
        [
            ("20", "Small / Black", 1200, Given::Value(5)),
            ("28", "Large / Blue", 125_000, Given::Value(0)),
        ]
    );
    assert_eq!(pan.slug.as_deref(), Some("iron-pan"));
    assert_eq!(
        pan.description.as_deref(),
        Some("For an oven.\n\n• 28\" wide")
    );
    assert_eq!(pan.category, Given::Value("Pan".to_owned()));
    assert_eq!(pan.brand, Given::Value("Smith".to_owned()));
    assert_eq!(
        sources(pan),
        [
            "https://pics.example/a.jpg?v=2",
            "https://pics.example/b.jpg?v=1",
            "https://pics.example/c.jpg",
            "https://pics.example/s.jpg",
        ]
    );
    let alt = &pan.pictures.as_deref().unwrap()[0].alt;
    assert_eq!(alt.as_deref(), Some("From above"));
    let small = &pan.variants[0];
    assert_eq!(small.gtin, Given::Value("4006381333931".to_owned()));
    assert_eq!(small.weight_grams, Given::Value(454));
    let sale = small.sale.value().unwrap();
    assert_eq!(
        (sale.price.to_string(), sale.from),
        ("€9.99".to_owned(), None)
    );

    // Stock that is not tracked is not counted. A missing SKU is made of the slug.
    assert_eq!(variants(pot), [("pot", "", 5000, Given::Empty)]);
    assert_eq!(pot.category, Given::Value("Pots".to_owned()));
    assert_eq!((active(pan), active(pot)), (vec![true, true], vec![false]));
    assert_eq!(variants(lid), [("LID", "", 2490, Given::Value(0))]);
    assert_eq!(active(lid), [false]);
    assert_eq!(
        notes(&report),
        [
            "line 2: has a reduced price: shoppers pay €9.99, and the regular price €12.00 is kept \
             for later",
            "line 4: a stock of -1 units becomes 0",
            "line 4: was sold without stock too: here it is sold out at 0; an empty stock is not \
             counted",
            "line 4: the barcode is left out: it must be a GTIN (EAN, UPC or ISBN) of 8, 12, 13 or \
             14 digits, not \"XYZ\"",
            "line 6: has no SKU, and gets \"pot\"",
            "line 6: has a quantity (\"1\"), but Shopify does not track it: the stock is not \
             counted",
        ]
    );
    assert_eq!((report.rows, report.imported), (5, 5));
}

#[test]
fn shopifys_gift_cards_and_services_are_left_out_and_said() {
    let (products, report) = shopify(&[
        "gift,Gift Card,,,,,true,Value,10,,,,0,,,deny,10,,false,,,,,true,,active,",
        "gift,,,,,,,,25,,,,0,,,deny,25,,false,,,,,,,,",
        "course,Course,,,,,true,Title,Default Title,,,,0,,,deny,99,,false,,,,,,,active,",
        "free,Sticker,,,,,true,Title,Default Title,,,,0,,,deny,0.00,,true,,,,,,,active,",
        "none,,,,,,,,,,,,,,,,,,,,,,,,,,7",
        "pan,Pan,,,,,true,Size,S,,,,0,,,deny,9,,true,,ftp://x/a.jpg,,,,,active,",
        "pan,,,,,,,,M,,,,0,,,deny,,,true,,http://pics.example/a b.jpg,,,,,,",
    ]);
    // A product without a title is a problem in itself.
    assert_eq!(
        messages(&report),
        ["line 6, column Title: must not be empty"]
    );
    assert_eq!(products.len(), 1);
    assert_eq!(variants(&products[0]), [("pan-s", "S", 900, Given::Empty)]);
    assert_eq!(sources(&products[0]), ["https://pics.example/a%20b.jpg"]);
    assert_eq!(
        left_out(&report),
        [
            "line 2, Gift Card: left out, because it is a gift card",
            "line 3, Gift Card: left out, because it is a gift card",
            "line 4, Course: left out, because it needs no shipping: the shop sells goods",
            "line 5, Sticker: left out, because it costs nothing",
            "line 6: left out, because it has neither a price nor a picture",
            "line 8, Pan, M: left out, because it has no price",
        ]
    );
    assert!(report.summary().contains(&"6 rows left out".to_owned()));
}

#[test]
fn generated_skus_are_unique_and_stay_the_same() {
    let rows = [
        "cup,Cup,,,,,true,Size,S / M,,,,0,,,deny,5,,true,,,,,,,active,",
        "cup,,,,,,,,S & M,,,,0,,,deny,5,,true,,,,,,,,",
        "tin_cup,Tin Cup,,,,,true,Title,Default Title,,,,0,,,deny,5,,true,,,,,,,active,",
        "tin cup,Tin Cup,,,,,true,Title,Default Title,,,,0,,,deny,5,,true,,,,,,,active,",
        "茶碗,茶碗,,,,,true,Title,Default Title,,,,0,,,deny,5,,true,,,,,,,active,",
        "other,Other,,,,,true,Title,Default Title,,,cup-s-m-2,0,,,deny,5,,true,,,,,,,active,",
    ];
    let (products, report) = shopify(&rows);
    assert_eq!(messages(&report), [""; 0]);
    let skus: Vec<_> = products
        .iter()
        .flat_map(variants)
        .map(|variant| variant.0)
        .collect();
    assert_eq!(
        skus,
        [
            "cup-s-m",
            "cup-s-m-3",
            "tin-cup",
            "tin-cup-2",
            "product-4",
            "cup-s-m-2"
        ]
    );
    let slugs: Vec<_> = products
        .iter()
        .map(|product| product.slug.clone().unwrap())
        .collect();
    assert_eq!(slugs, ["cup", "tin-cup", "tin-cup-2", "product-4", "other"]);
    assert_eq!(shopify(&rows).0, products);
}

/// A row that goes must not make one product another.
#[test]
fn woocommerces_rows_without_sku_get_the_same_one_whatever_else_is_in_the_file() {
    let cups = [
        "11,simple,,Cup,1,visible,,,,,1,3,0,,,1,,,,1,,,,",
        "12,simple,,Cup,1,visible,,,,,1,9,0,,,600,,,,2,,,,",
        "13,simple,,茶碗,1,visible,,,,,1,9,0,,,7,,,,3,,,,",
    ];
    let skus = |rows: &[&str]| {
        let (products, _) = woocommerce(rows);
        let skus = products.iter().flat_map(variants);
        skus.map(|variant| (variant.0.to_owned(), variant.2))
            .collect::<Vec<_>>()
    };
    let [red, gold, bowl] = [("cup-11", 100), ("cup-12", 60_000), ("product-13", 700)]
        .map(|(sku, price)| (sku.to_owned(), price));
    assert_eq!(skus(&cups), [red.clone(), gold.clone(), bowl.clone()]);
    assert_eq!(
        skus(&[cups[2], cups[1], cups[0]]),
        [bowl.clone(), gold.clone(), red]
    );
    assert_eq!(skus(&cups[1..]), [gold, bowl]);
    let (products, _) = woocommerce(&cups[2..]);
    assert_eq!(products[0].slug.as_deref(), Some("product-13"));
}

#[test]
fn a_currency_must_be_given_for_other_shops() {
    let read = |format, text: &str| {
        let (_, report) = try_read(format, None, &[text.as_bytes()]).unwrap();
        messages(&report)
    };
    assert_eq!(
        read(Format::Shopify, &format!("{SHOPIFY}\n")),
        [
            "line 1, column Variant Price: has no currency in Shopify's export: give it with \
             --currency EUR"
        ]
    );
    assert_eq!(
        read(Format::WooCommerce, &format!("{WOO}\n")),
        [
            "line 1, column Regular price: has no currency in WooCommerce's export: give it with \
             --currency EUR"
        ]
    );
}

#[test]
fn newer_names_of_shopifys_columns_are_known() {
    let text = "Title,URL handle,SKU,Price,Option1 value,Inventory tracker,Inventory quantity\n\
                Pan,pan,P-1,12.50,Default Title,shopify,3\n";
    let (products, report) = try_read(Format::Shopify, Some("usd"), &[text.as_bytes()]).unwrap();
    assert_eq!(messages(&report), [""; 0]);
    assert_eq!(variants(&products[0]), [("P-1", "", 1250, Given::Value(3))]);
}

#[test]
fn woocommerces_variations_name_their_parent_by_sku_or_id() {
    let (products, report) = woocommerce(&[
        "45,variation,pan-s,\"Iron Pan - Small\",1,visible,,,2026-11-27,2026-11-30 00:00:00,1,5,0,\
         1.5,\"8,00\",\"9,99\",,https://pics.example/a.jpg,pan,1,Size,Small,,",
        "44,variable,pan,\"Iron Pan\",1,visible,Short.,\"Long.\\nWith a \\\\n in it.\",,,1,,0,,,,\
         \"Cooking > Pans, Gifts\",\"https://pics.example/a.jpg, https://pics.example/b\\,1.jpg\",\
         ,-2,Size,\"Small, Large\",,",
        "46,variation,,\"Iron Pan - Large\",1,visible,,,,,1,'-2,1,2,,16,,\
         https://pics.example/c.jpg,id:44,2,Size,\"Large\\, deep\",Colour,Black",
        "47,variation,pan-x,\"Iron Pan\",1,visible,,,,,1,3,0,2,,16,,,id:44,3,Size,,Colour,Black",
        "48,simple,,\"Salt &amp; Pepper\",-1,visible,,\"<p>Fine.</p>\",,,0,,0,,,4,,,,1,,,,",
        "49,simple,,\"Salt &amp; Pepper\",1,hidden,,,,,1,,0,,,4,Spices,,,2,,,,",
    ]);
    assert_eq!(messages(&report), [""; 0]);
    let [pan, salt, second] = products.as_slice() else {
        panic!("{products:?}")
    };
    assert_eq!(
        variants(pan),
        [
            ("pan-s", "Small", 999, Given::Value(5)),
            (
                "iron-pan-large-deep-black-46",
                "Large, deep / Black",
                1600,
                Given::Value(0)
            ),
        ]
    );
    assert_eq!((pan.place.line, pan.number, pan.position), (3, 1, Some(0)));
    assert_eq!(pan.slug.as_deref(), Some("iron-pan"));
    assert_eq!(
        pan.description.as_deref(),
        Some("Short.\n\nLong.\nWith a \\n in it.")
    );
    assert_eq!(pan.category, Given::Value("Pans".to_owned()));
    assert_eq!(
        sources(pan),
        [
            "https://pics.example/a.jpg",
            "https://pics.example/b,1.jpg",
            "https://pics.example/c.jpg",
        ]
    );
    assert_eq!(pan.variants[0].weight_grams, Given::Value(1500));
    let sale = pan.variants[0].sale.value().unwrap();
    assert_eq!(sale.price.to_string(), "€8.00");
    assert_eq!(sale.from.unwrap().to_string(), "2026-11-27");
    assert_eq!(sale.until.unwrap().to_string(), "2026-11-30");
    assert_eq!(
        pan.variants[0].lasting_price().unwrap().to_string(),
        "€9.99"
    );

    assert_eq!(salt.name.as_deref(), Some("Salt & Pepper"));
    assert_eq!((active(salt), active(second)), (vec![false], vec![false]));
    assert_eq!(
        variants(salt),
        [("salt-pepper-48", "", 400, Given::Value(0))]
    );
    assert_eq!(
        variants(second),
        [("salt-pepper-49", "", 400, Given::Empty)]
    );
    assert_eq!(
        left_out(&report),
        [
            "line 5, Iron Pan: left out, because it stands for any Size: write a row for each, \
             with its own SKU and stock"
        ]
    );
    assert_eq!(
        notes(&report),
        [
            "line 2: has a sale on certain days: shoppers pay €8.00 on these days, and the regular \
             price €9.99 before and after them",
            "line 3: has several categories, of which the first is taken: Cooking > Pans, Gifts",
            "line 3: the position -2 becomes 0",
            "line 4: has no SKU, and gets \"iron-pan-large-deep-black-46\" (and 2 rows \
             like it)",
            "line 4: a stock of -2 units becomes 0",
            "line 4: was sold without stock too: here it is sold out at 0; an empty stock is not \
             counted",
            "line 7: is hidden in the catalog, so it is not on sale: set active to sell it",
        ]
    );
}

#[test]
fn what_woocommerce_sells_and_the_shop_does_not_is_left_out_and_said() {
    let (products, report) = woocommerce(&[
        "1,\"simple, downloadable, virtual\",song,Song,1,visible,,,,,1,,0,,,1,Music,,,0,,,,",
        "2,\"simple, virtual\",,Course,1,visible,,,,,1,,0,,,1,,,,0,,,,",
        "3,grouped,set,Set,1,visible,,,,,1,,0,,,,,,,0,,,,",
        "4,external,ext,Elsewhere,1,visible,,,,,1,,0,,,5,,,,0,,,,",
        "5,subscription,sub,Box,1,visible,,,,,1,,0,,,5,,,,0,,,,",
        "6,variable,shirt,Shirt,1,visible,,,,,1,,0,,,,,,,0,Size,\"S, M\",,",
        "7,variation,,Shirt,1,visible,,,,,1,,0,,,5,,,shirt,0,Size,,,",
        "8,\"variation, virtual\",,Shirt,1,visible,,,,,1,,0,,,5,,,shirt,0,Size,S,,",
        "9,variation,,Shirt,-1,visible,,,,,1,,0,,,5,,,shirt,0,Size,M,,",
        "10,simple,gift,Gift,1,visible,,,,,1,,0,,,0,,,,0,,,,",
        "11,simple,soon,Soon,1,visible,,,,,1,,0,,,,,,,0,,,,",
        "12,\"variable, virtual\",v,Talk,1,visible,,,,,1,,0,,,,,,,0,Day,\"Mo, Tu\",,",
        "13,variation,,Talk - Mo,1,visible,,,,,1,,0,,,5,,,v,0,Day,Mo,,",
    ]);
    assert_eq!(messages(&report), [""; 0]);
    assert_eq!(products, []);
    assert_eq!(
        left_out(&report),
        [
            "line 2, Song: left out, because it is a download: the shop sells goods",
            "line 3, Course: left out, because it is not a thing (virtual): the shop sells goods",
            "line 4, Set: left out, because it is a group of products, which are products of their \
             own",
            "line 5, Elsewhere: left out, because it is sold by another shop (external)",
            "line 6, Box: left out, because it is of the type \"subscription\", which the shop \
             does not sell",
            "line 7, Shirt: left out, because it has no variation that can be sold",
            "line 8, Shirt: left out, because it stands for any Size: write a row for each, with \
             its own SKU and stock",
            "line 9, Shirt: left out, because it is not a thing (virtual): the shop sells goods",
            "line 10, Shirt: left out, because it is a variation that is not published",
            "line 11, Gift: left out, because it costs nothing",
            "line 12, Soon: left out, because it has no price",
            "line 13, Talk: left out, because it is not a thing (virtual): the shop sells goods",
            "line 14, Talk - Mo: left out, because it is not a thing (virtual): the shop sells \
             goods",
        ]
    );
}

#[test]
fn woocommerces_shared_stock_is_not_sold_twice() {
    let (products, report) = woocommerce(&[
        "1,variable,a,A,1,visible,,,,,1,5,0,,,,,,,0,Size,\"S, M\",,",
        "2,variation,a-s,A,1,visible,,,,,1,parent,0,,,5,,,a,0,Size,S,,",
        "3,variation,a-m,A,1,visible,,,,,1,parent,0,,,5,,,a,0,Size,M,,",
        "4,variable,b,B,-1,visible,,,,,1,7,0,,,,,,,0,Size,S,,",
        "5,variation,b-s,B,-1,visible,,,,,1,parent,0,,,5,,,b,0,Size,S,,",
    ]);
    assert_eq!(messages(&report), [""; 0]);
    let stocks: Vec<_> = products
        .iter()
        .flat_map(variants)
        .map(|variant| variant.3)
        .collect();
    assert_eq!(stocks, [Given::Value(0), Given::Value(0), Given::Value(7)]);
    assert_eq!(
        notes(&report)[0],
        "line 3: shares a stock of 5 units with other variations, but the shop counts each \
         variant: it becomes 0, so set it (and 1 row like it)"
    );
    assert_eq!(active(&products[1]), [false]);
}

#[test]
fn woocommerces_contradictions_are_problems() {
    let (products, report) = woocommerce(&[
        "1,variation,x,X,1,visible,,,,,1,,0,,,5,,,gone,0,Size,S,,",
        "2,variation,y,Y,1,visible,,,,,1,,0,,,5,,,,0,Size,S,,",
        "3,simple,z,Z,1,visible,,,,,1,,0,,,\"1,250\",,,,0,,,,",
        "4,simple,z,,1,visible,,,,,1,,0,,,5,,,,0,,,,",
        "4,simple,w,W,1,visible,,,,,1,,0,,,5,,,,0,,,,",
    ]);
    assert_eq!(products, []);
    assert_eq!(
        messages(&report),
        [
            "line 2, column Parent: names gone, but no product in the file has this SKU or ID",
            "line 3, column Parent: must not be empty: it names the product of a variation",
            "line 4, column Regular price: is \"1,250\", which may mean 1250 or 1.250: write \
             1250.00 or 1.25",
            "line 6, column ID: is the same as that of another product",
        ]
    );
    assert_eq!(report.refused, 5);
}
