//! Reads the product's form of its fields, to show it again as it was sent.

use std::collections::BTreeMap;

use shop::catalog::editing::{ProductForm, VariantForm};

/// The form that these fields make. Unknown fields are ignored.
pub(crate) fn product_form(fields: &[(String, String)]) -> ProductForm {
    let mut form = ProductForm::default();
    let mut variants: BTreeMap<usize, VariantForm> = BTreeMap::new();
    for (name, value) in fields {
        let value = value.as_str();
        match parts(name).as_slice() {
            [field] => set_product(&mut form, field, value),
            ["texts", code, field] => {
                let text = form.texts.entry((*code).to_owned()).or_default();
                match *field {
                    "name" => value.clone_into(&mut text.name),
                    "description" => value.clone_into(&mut text.description),
                    _ => {}
                }
            }
            ["variants", index, field] => {
                if let Ok(index) = index.parse() {
                    set_variant(variants.entry(index).or_default(), field, value);
                }
            }
            _ => {}
        }
    }
    form.variants = variants.into_values().collect();
    form
}

/// The parts of a name such as `form[variants][0][sku]`.
fn parts(name: &str) -> Vec<&str> {
    let inner = name.strip_prefix("form[");
    let inner = inner.and_then(|inner| inner.strip_suffix(']'));
    inner.map_or_else(Vec::new, |inner| inner.split("][").collect())
}

fn set_product(form: &mut ProductForm, field: &str, value: &str) {
    let target = match field {
        "name" => &mut form.name,
        "slug" => &mut form.slug,
        "description" => &mut form.description,
        "brand" => &mut form.brand,
        "category" => &mut form.category,
        "currency" => &mut form.currency,
        "manufacturer_name" => &mut form.manufacturer_name,
        "manufacturer_address" => &mut form.manufacturer_address,
        "manufacturer_contact" => &mut form.manufacturer_contact,
        "responsible_person" => &mut form.responsible_person,
        "safety" => &mut form.safety,
        "on_sale" => {
            form.on_sale = value == "true";
            return;
        }
        _ => return,
    };
    value.clone_into(target);
}

fn set_variant(variant: &mut VariantForm, field: &str, value: &str) {
    let target = match field {
        "sku" => &mut variant.sku,
        "name" => &mut variant.name,
        "price" => &mut variant.price,
        "sale_price" => &mut variant.sale_price,
        "sale_from" => &mut variant.sale_from,
        "sale_until" => &mut variant.sale_until,
        "max_per_order" => &mut variant.max_per_order,
        "weight_grams" => &mut variant.weight_grams,
        "gtin" => &mut variant.gtin,
        "content_amount" => &mut variant.content_amount,
        "content_unit" => &mut variant.content_unit,
        "tax_code" => &mut variant.tax_code,
        "stock" => &mut variant.stock,
        "place" => &mut variant.place,
        "id" => {
            variant.id = value.parse().ok();
            return;
        }
        "active" => {
            variant.active = value == "true";
            return;
        }
        _ => return,
    };
    value.clone_into(target);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_read_as_it_was_sent() {
        let fields = [
            ("id", "7"),
            ("form[name]", "Pen"),
            ("form[on_sale]", "true"),
            ("form[texts][de][name]", "Stift"),
            ("form[variants][1][sku]", "B"),
            ("form[variants][0][sku]", "A"),
            ("form[variants][0][id]", "3"),
            ("form[variants][0][active]", "true"),
            ("form[variants][x][sku]", "C"),
            ("form[]", ""),
            ("form[a][b][c][d]", ""),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let form = product_form(&fields);
        assert!(form.name == "Pen" && form.on_sale);
        assert_eq!(form.texts["de"].name, "Stift");
        let skus: Vec<&str> = form.variants.iter().map(|v| v.sku.as_str()).collect();
        assert_eq!(skus, ["A", "B"]);
        assert_eq!(
            (form.variants[0].id, form.variants[0].active),
            (Some(3), true)
        );
    }
}
