### Bedingungen, und was vor einer Bestellung gesagt wird.

policies = Bedingungen und Hinweise

guarantee-title = Gesetzliches Gewährleistungsrecht
guarantee-alt =
    Die harmonisierte Mitteilung der Europäischen Union über das gesetzliche Gewährleistungsrecht
guarantee-open = Mitteilung öffnen

payment-methods = Sie können bezahlen mit: { $methods }.

payment-methods-of-account = Die Seite von Stripe zeigt vor der Zahlung, wie Sie bezahlen können.
payment-method-card = Karte
payment-method-sepa-debit = SEPA-Lastschrift
payment-method-bank-transfer = Überweisung

delivers-to = Wir liefern nach: { $countries }.
