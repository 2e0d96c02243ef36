### Was Suchmaschinen von Seiten zeigen.

category-description =
    { $count ->
        [one] { $category } bei { $shop }: { $count } Produkt mit Preis und Verfügbarkeit. Direkt bestellen, ohne Konto.
       *[other] { $category } bei { $shop }: { $count } Produkte mit Preisen und Verfügbarkeit. Direkt bestellen, ohne Konto.
    }
