### Die Seite eines Produkts.

breadcrumbs = Wo Sie sind
related-products = Das könnte Ihnen auch gefallen

## Neben dem Preis.

price-includes-tax = inkl. MwSt.
price-plus-tax = zzgl. Steuer
price-small-business = Als Kleinunternehmer berechnen wir keine Umsatzsteuer.
price-plus-delivery = zzgl. Versand

## Was das Gesetz von einem Angebot verlangt (Verordnung (EU) 2023/988, Artikel 19).

manufacturer-and-safety = Hersteller und Sicherheit
manufacturer = Hersteller
responsible-person = Verantwortliche Person in der EU
safety-notes = Sicherheitshinweise
