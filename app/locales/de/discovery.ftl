### Was Suchmaschinen von Seiten zeigen.

category-description =
    { $count ->
        [one] { $category } bei { $shop }: { $count } Produkt mit Preis und Bestand. Direkt bestellen, ohne Konto.
       *[other] { $category } bei { $shop }: { $count } Produkte mit Preisen und Bestand. Direkt bestellen, ohne Konto.
    }
