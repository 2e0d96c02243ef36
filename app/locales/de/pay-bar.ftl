### Die Leiste am Ende eines Formulars: die Summe, der Knopf und wie es weitergeht.

continue-to-payment = Weiter zur Zahlung
pay-sum = { $sum } bezahlen
pay-total = { $total } bezahlen
contacting-stripe = Verbindung zu Stripe …

nothing-selected = Noch nichts ausgewählt
one-item = 1 Artikel
several-items = { $count } Artikel

mixed-currencies =
    Artikel mit Preisen in verschiedenen Währungen müssen getrennt bezahlt werden. Bitte wählen
    Sie jeweils nur Artikel in einer Währung.

pays-this-page = Sie bezahlen, was Sie auf dieser Seite auswählen.

choice-failed =
    Was Sie auf anderen Seiten ausgewählt haben, konnte nicht geladen werden. Laden Sie diese Seite
    bitte neu, damit es enthalten ist.

pay-note =
    Sie bezahlen auf der gesicherten Seite von Stripe. Erst wenn Sie dort bestätigen, wird etwas
    abgebucht.

## Was der Versand kostet und ob Steuern dazukommen.

two-countries = { $first } und { $second }
three-countries = { $first }, { $second } und { $third }
many-countries = { $count } Länder
delivery = Lieferung: { $countries }.
delivery-free = Kostenlose Lieferung ({ $countries }).
delivery-free-or-faster =
    Kostenlose Lieferung, schneller gegen Aufpreis ({ $countries }).
delivery-from = Lieferung ab { $price } ({ $countries }).
delivery-costs = Lieferung für { $price } ({ $countries }).

tax-added = Steuern kommen beim Bezahlen hinzu.
tax-included = Alle Preise enthalten die Steuern.
