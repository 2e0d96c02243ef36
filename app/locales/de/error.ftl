### Seiten, die nicht angezeigt werden können, und Adressen, die nirgendwohin führen.

error-title = Etwas ist schiefgegangen
error-heading = Bei uns ist etwas schiefgegangen

error-explanation =
    Wir können diese Seite gerade nicht anzeigen. Bitte versuchen Sie es gleich noch einmal. Falls
    Sie eben bezahlt haben: Ihre Zahlung ist nicht verloren, und Sie müssen nicht noch einmal
    bezahlen.

page-not-found = Seite nicht gefunden
page-not-found-explanation =
    Vielleicht enthält die Adresse einen Tippfehler, oder das Produkt wird nicht mehr verkauft.

order-not-found-explanation =
    Vielleicht ist der Link zu Ihrer Bestellung unvollständig. Geben Sie Ihre Bestellnummer und
    Ihre E-Mail-Adresse ein, dann schicken wir Ihnen den Link noch einmal.

## Wohin von dort.

back-to-shop = Zurück zum Shop
see-all-products = Alle Produkte ansehen
find-order = Bestellung finden
