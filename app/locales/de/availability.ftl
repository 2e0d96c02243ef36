### Was jetzt gekauft werden kann, neben Preisen und Mengenfeldern.

sold-out = Ausverkauft
only-left = Nur noch { $left } verfügbar
held = Gerade für jemand anderen reserviert. Vielleicht wird der Artikel wieder frei.
limit-per-order = Höchstens { $max } pro Bestellung
price-from = ab { $price }

## Auf der Produktseite.

product-sold-out = Dieses Produkt ist zurzeit ausverkauft.

all-held =
    Die letzten Stücke werden gerade von anderen bezahlt. Vielleicht werden welche wieder frei:
    Bitte schauen Sie etwas später noch einmal vorbei.

product-discontinued = Dieses Produkt wird nicht mehr verkauft.

## Beschriftungen eines Mengenfelds und seiner Knöpfe.

quantity = Menge
quantity-of = Menge: { $name }
decrease-quantity = Menge verringern: { $name }
increase-quantity = Menge erhöhen: { $name }

## Warum eine Menge nicht gekauft werden kann, neben ihrem Feld.

not-whole = Bitte geben Sie eine ganze Zahl ein, 0 oder mehr.
above-limit = Höchstens { $max } pro Bestellung.
above-stock = Nur noch { $left } verfügbar.

above-share =
    { $left ->
        [0] Davon kann nichts mehr
       *[other] Davon können nur noch { $left }
    } reserviert werden, bis die anderen Bestellungen über Ihren Internetanschluss bezahlt sind.

none-left = Ausverkauft.
no-longer-sold = Dieser Artikel wird nicht mehr verkauft.

other-currency =
    Dieser Artikel wird in einer anderen Währung verkauft. Bitte bestellen Sie ihn getrennt.

price-changed =
    Der Preis hat sich von { $shown } auf { $now } geändert. Bitte prüfen Sie ihn und versuchen
    Sie es noch einmal.
