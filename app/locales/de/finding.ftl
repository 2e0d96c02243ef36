### Produkte finden: die Suche und die Seiten, die Produkte aufführen.

## Die Suche im Kopf jeder Seite.

search-products = Produkte suchen
search = Suchen

## Die Seite der Suche.

what-are-you-looking-for = Wonach suchen Sie?
search-title = Suche: { $words }

products-found =
    { $count ->
        [one] { $count } Produkt für „{ $words }“
       *[other] { $count } Produkte für „{ $words }“
    }

nothing-found = Nichts gefunden für „{ $words }“

nothing-found-advice =
    Bitte prüfen Sie die Schreibweise oder suchen Sie mit weniger Wörtern. Der Anfang eines Wortes
    genügt.

or-choose-a-category = Oder wählen Sie eine Kategorie:

## Die Seite einer Kategorie.

category-title-page = { $category }, Seite { $number }

products-in-category =
    { $count ->
        [one] { $count } Produkt
       *[other] { $count } Produkte
    }

category-empty = In dieser Kategorie gibt es zurzeit nichts zu kaufen.

## Die Reihenfolge einer Liste, und was sie auslässt.

sort-by = Sortieren nach
sort-relevance = Relevanz
sort-recommended = Empfehlung
sort-name = Name
sort-price = Niedrigster Preis
sort-newest = Neueste
in-stock-only = Nur Vorrätiges
nothing-in-stock = Von diesen Produkten ist zurzeit keines vorrätig.
