### Products in the owner’s admin.

admin-products = Products
admin-products-new = New product
admin-products-table = Edit as a table
admin-products-import = Import
admin-products-export = Export
admin-categories = Categories
admin-products-search = Name, SKU or text
admin-products-filter = Show
admin-products-state = Status
admin-products-all = All
admin-products-on-sale = For sale
admin-products-off-sale = Not for sale
admin-products-stock-filter = Stock and price
admin-products-low = Low stock
admin-products-none-left = None available
admin-products-reduced = Reduced price
admin-products-any-category = All categories
admin-products-none = No product matches. Change what you are looking for, or add a product.
admin-products-previous = Previous products
admin-products-next = Next products
admin-product-picture = Picture
admin-product-up = Move up
admin-product-down = Move down
admin-product-first = Move to the top
admin-product-last = Move to the end
admin-product-place = Place in the catalog
admin-product-name = Name
admin-product-slug = Web address
admin-product-slug-hint = The last part of the address of its page, such as tin-cup. For a new product, you can leave it empty: it is then made from the name. If you change it later, the old address leads to the new one.
admin-product-description = Description
admin-product-markdown-hint = A line that begins with # is a heading, lines that begin with - are a list, and *word* is emphasized.
admin-product-brand = Brand
admin-product-category = Category
admin-product-no-category = None
admin-product-currency = Currency of its prices
admin-product-on-sale = For sale
admin-product-safety-heading = Manufacturer and safety
admin-product-manufacturer-name = Manufacturer
admin-product-manufacturer-address = Manufacturer’s address
admin-product-manufacturer-contact = Manufacturer’s email address or website
admin-product-responsible-person = Responsible person in the EU
admin-product-safety = Warnings and safety information
admin-product-languages-heading = Other languages
admin-product-language-hint = Leave these empty to show the texts above.

# Variables:
#   $language (Text) - The language’s name.
admin-product-name-in = Name in { $language }

# Variables:
#   $language (Text) - The language’s name.
admin-product-description-in = Description in { $language }
admin-product-variants = Variants
admin-product-variants-hint = Sizes, colours and so on, in the order in which they are shown. If there is only one, leave its name empty.
admin-variant-new = Another variant
admin-variant-new-hint = Fill this in only to add another variant.

# Variables:
#   $number (Number) - The place of a new variant.
admin-variant-number = Variant { $number }

admin-variant-sku = SKU
admin-variant-name = Name of the variant
admin-variant-price = Price
admin-variant-sale-price = Reduced price
admin-variant-sale-from = Sale’s first day
admin-variant-sale-until = Sale’s last day

# Variables:
#   $price (Money) - The lowest price of the last 30 days.
admin-variant-lowest = Lowest price of the last 30 days, which is shown beside a reduced one: { $price }
admin-variant-max = Maximum per order
admin-variant-weight = Weight in grams
admin-variant-gtin = Barcode (GTIN, EAN, ISBN)
admin-variant-content = Content (for the price per kg, l …)
admin-variant-content-unit = Unit of the content
admin-variant-tax-code = Stripe’s tax code, such as txcd_99999999
admin-variant-active = For sale
admin-variant-place = Position among the variants
admin-variant-stock = Stock
admin-variant-first-stock = Stock (leave empty if you do not count it)
admin-variant-uncounted = not counted

# Variables:
#   $held (Number) - Units that unpaid checkouts hold.
admin-variant-held = { $held } reserved by customers who are paying
admin-variant-all-held = all reserved by customers who are paying
admin-variant-sold-out = sold out
admin-product-more = More about this variant
admin-product-save = Save
admin-product-preview = Preview
admin-product-preview-note = This is a preview. Nothing is saved yet.
admin-product-search-preview = In a search engine
admin-product-see = See its page
admin-product-archive = Stop selling
admin-product-archive-confirm = Stop selling this product? Shoppers who are paying right now can still finish.
admin-product-restore = Offer for sale
admin-product-duplicate = Duplicate
admin-product-stock-link = Stock and its history
admin-product-not-saved = Please correct what is marked. Nothing was saved.
admin-product-conflict = Someone else has changed this product since you opened it. Nothing was saved. Compare both below: save again to use yours, or open theirs.
admin-product-conflict-heading = What differs
admin-product-conflict-field = Field
admin-product-conflict-theirs = Theirs
admin-product-conflict-yours = Yours
admin-product-open-theirs = Open theirs and discard mine
admin-product-save-mine = Save mine
admin-product-not-found = This product does not exist any more. Nothing was saved.
admin-pictures = Pictures
admin-pictures-add = Add pictures
admin-pictures-hint = JPEG, PNG, WebP or GIF, at most 20 MB each and 30 MB together. The first picture is also shown in lists.
admin-pictures-after-saving = Save the product first. Then you can add its pictures here.

# Variables:
#   $number (Number) - Its place among the pictures.
admin-picture-number = Picture { $number }

admin-picture-alt = Description of the picture (for blind customers and search engines)
admin-picture-remove = Remove
admin-picture-remove-confirm = Remove this picture?
admin-picture-no-file = Choose at least one picture first. Nothing has changed.

# Variables:
#   $file (Text) - The file’s name.
#   $reason (Text) - Why, as a sentence.
admin-picture-refused = { $file } was not accepted. { $reason } No picture was added.
admin-picture-other-kind = It is not a picture in the format JPEG, PNG, WebP or GIF.

# Variables:
#   $megabytes (Number) - The most megabytes.
admin-picture-too-many-bytes = It is larger than { $megabytes } MB. Make it smaller: 2,000 pixels wide are enough.
admin-picture-too-many-pixels = It has too many pixels or details. Make it smaller: 2,000 pixels wide are enough.
admin-picture-unreadable = It cannot be read. Open it in a picture program, and save it there as a new JPEG.
admin-picture-changed = Someone has changed the pictures meanwhile. Nothing was changed now: look at them again.
admin-picture-alt-refused = The text must be one line of at most 500 characters. Nothing has changed.
admin-stock = Stock
admin-stock-change = Change the stock
admin-stock-reason = Reason
admin-stock-first = First stock
admin-stock-received = Received
admin-stock-counted = Counted
admin-stock-damaged = Damaged or lost
admin-stock-returned = Returned
admin-stock-imported = Imported
admin-stock-uncounted = Not counted any more
admin-stock-units = Units
admin-stock-units-hint = How many units are added or removed. For “Counted”: how many there are now, including those that customers who are paying have reserved.
admin-stock-note = Note
admin-stock-history = History
admin-stock-history-hint = What people changed. Sales are not listed.
admin-stock-no-history = Nobody has changed the stock yet.
admin-stock-difference = Difference
admin-stock-after = Stock afterwards
admin-stock-when = When
admin-stock-who = Who
admin-stock-older = Older changes

# Variables:
#   $held (Number) - Units that are held.
#   $stock (Number) - Units that are there.
admin-stock-below-held = Customers who are paying have reserved { $held } of the { $stock } units, so the stock cannot go below that. Nothing has changed.

# Variables:
#   $stock (Number) - Units that are there.
admin-stock-too-few =
    { $stock ->
        [0] There is no unit left. Nothing has changed.
        [one] There is only one unit. Nothing has changed.
       *[other] There are only { $stock } units. Nothing has changed.
    }

admin-stock-not-counted = The stock is not counted. Choose “Counted” to begin. Nothing has changed.
admin-stock-meanwhile = Units were sold or changed while you were counting. Nothing has changed: look at the stock again.
admin-stock-invalid = Write a whole number from 1 to 1,000,000,000. Nothing has changed.
admin-stock-unchanged = Nothing to change: this is the stock already.
admin-table-price = Price
admin-table-units = Units to add
admin-table-hint = Change what you need. Only what you change is saved, all at once or not at all. To take units away, write a minus before them. With the reason “Counted”, write how many there are.
admin-table-too-long = Not all variants fit on this page: change the others on the pages of their products.
admin-table-meanwhile = Someone else has changed this meanwhile.
admin-table-two-categories = Another row of the same product has another category.
admin-table-last = It is the product’s only variant for sale: stop selling the product instead.
admin-table-twice = This variant is in the table twice. Open the table again.

# Variables:
#   $sku (Text) - The variant’s SKU.
#   $problem (Text) - What is wrong.
admin-table-row = { $sku }: { $problem }
admin-category-name = Name
admin-category-add = Add a category
admin-category-rename = Rename
admin-category-delete = Delete
admin-category-delete-confirm = Delete this category?

# Variables:
#   $count (Number) - The number of products.
admin-category-products =
    { $count ->
        [one] one product
       *[other] { $count } products
    }
admin-category-has-products = This category has products. Give them another one first. Nothing has changed.
admin-import-file = CSV file
admin-import-from = Where the file comes from
admin-import-currency = Currency of the prices, if the file does not name it
admin-import-stock = Also replace the stock of variants that you already have
admin-import-preview = See what would change
admin-import-apply = Import now

# Variables:
#   $created (Number) - New products.
#   $updated (Number) - Changed products.
#   $unchanged (Number) - Unchanged products.
admin-import-summary = New products: { $created } · changed: { $updated } · unchanged: { $unchanged }

# Variables:
#   $count (Number) - Further products.
admin-import-more = Further changed products: { $count }
admin-import-nothing = Nothing would change.
admin-import-rejected = The file cannot be imported. Nothing has changed. Correct these rows and upload it again:
admin-import-not-as-seen = Someone has changed products since you looked. Nothing was imported: look at what would change now.
admin-import-gone = This upload is no longer there. Upload the file again. Nothing has changed.
admin-import-no-file = Choose a file first. Nothing has changed.
admin-import-old = Before
admin-import-new = After
admin-import-product = Product
admin-import-is-new = new
admin-import-what = What changes
admin-import-new-variant = New variant
admin-import-moved-here = Comes from another product
admin-import-own-format = This shop’s own format
admin-import-columns = A product file is a table with a row for each variant; rows with the same slug are one product. Each row needs a sku. A new product also needs slug (the last part of its web address), name, price_decimal (such as 12.50) and currency (such as EUR). What has no column in the file stays as it is.
admin-import-sample = Download a sample file
admin-import-export = Download your products
admin-import-preview-heading = What would change
admin-import-cancel = Do not import

# Variables:
#   $count (Number) - Further changes.
admin-import-more-values = Further changes of this product: { $count }

# Variables:
#   $count (Number) - Variants whose stock differs.
admin-import-stock-stays =
    { $count ->
        [one] The file has another stock for one variant. It stays as it is. To replace it, upload the file again and tick the box.
       *[other] The file has another stock for { $count } variants. It stays as it is. To replace it, upload the file again and tick the box.
    }

# Variables:
#   $units (Number) - Units of a new variant.
admin-import-units = stock: { $units }

# Variables:
#   $day (Text) - The first day of a reduced price.
admin-import-from-day = from { $day }

# Variables:
#   $day (Text) - The last day of a reduced price.
admin-import-until-day = until { $day }

admin-field-missing = Please fill this in.

# Variables:
#   $max (Number) - The most characters.
admin-field-too-long = At most { $max } characters.
admin-field-characters = It has a line break or a character that nobody can see.
admin-field-not-a-slug = Only lower-case letters a to z, digits, and single hyphens between them.
admin-field-taken = This is taken already.
admin-field-unknown = This does not exist any more.

# Variables:
#   $example (Text) - An amount, as a field has it.
admin-field-not-an-amount = Write an amount such as { $example }.

# Variables:
#   $example (Text) - An amount, as a field has it.
admin-field-ambiguous-amount = This could mean two amounts. Write it without a separator for thousands and with all decimals, such as { $example }.

# Variables:
#   $max (Money) - The largest price.
admin-field-price-range = The price must be above zero and at most { $max }.

# Variables:
#   $step (Money) - The smallest amount.
admin-field-not-a-step = The price must be a multiple of { $step }.

# Variables:
#   $min (Text) - The smallest number.
#   $max (Text) - The largest number.
admin-field-not-a-number = Write a whole number from { $min } to { $max }.

# Variables:
#   $price (Money) - The regular price.
admin-field-not-below = It must be below the price of { $price }.
admin-field-not-a-day = Write a day such as 2026-11-28.
admin-field-ends-before = The last day is before the first one.
admin-field-sale-without-price = The sale has days, but no price.
admin-field-not-a-gtin = A barcode has 8, 12, 13 or 14 digits; one may be mistyped.
admin-field-not-a-tax-code = A tax code of Stripe’s looks like txcd_99999999.
admin-field-not-a-content = A number above zero with at most three decimals, such as 0.75.
admin-field-incomplete = Fill in both the content and its unit, or neither.
admin-field-twice = Another variant of this product has the same.
admin-field-unnamed = If there are several variants, each needs a name.

# Variables:
#   $max (Number) - The most characters.
admin-field-names-too-long = With the product’s name it has more than { $max } characters.

# Variables:
#   $max (Number) - The most variants.
admin-field-too-many-variants = A product has at most { $max } variants.
admin-field-no-variant = A product needs at least one variant, with SKU and price.
admin-field-none-on-sale = A product that is for sale needs a variant that is for sale.
admin-field-other-product = This variant belongs to another product.
admin-field-not-listed = Choose one of the listed values.
admin-products-busy = Someone is changing products right now, for example by an import. Nothing has changed. Please try again in a moment.
admin-done-created = The product is created. Next, add its pictures.
admin-done-duplicated = This is the copy. It is not for sale yet.
admin-done-taken-off-sale = The product is no longer for sale.
admin-done-put-on-sale = The product is for sale.
admin-done-stock-changed = The stock is changed.
admin-done-imported = The products are imported.
admin-done-import-cancelled = The file is removed. Nothing was imported.
