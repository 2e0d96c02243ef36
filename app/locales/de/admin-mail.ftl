### E-Mails an Benutzer der Verwaltung.

admin-mail-set-password = Passwort festlegen

admin-mail-to-account = Zu Ihrem Konto

## Das Passwort ist vergessen.

admin-mail-reset-subject = Neues Passwort für { $shop } festlegen

admin-mail-reset-title = Neues Passwort festlegen

admin-mail-reset-asked =
    Jemand hat einen Link angefordert, weil Ihr Passwort für die Verwaltung von { $shop } vergessen
    wurde. Der Link gilt einmal und 30 Minuten lang.

admin-mail-reset-effect =
    Mit einem neuen Passwort werden Sie auf allen Geräten abgemeldet. Ihr zweiter Faktor bleibt, wie
    er ist.

admin-mail-reset-not-you =
    Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Ihr Passwort bleibt.

## Ein neuer Benutzer.

admin-mail-invitation-subject = Einladung in die Verwaltung von { $shop }

admin-mail-invitation-title = Willkommen

admin-mail-invitation-owner =
    Sie können die Verwaltung von { $shop } als Inhaberin oder Inhaber benutzen.

admin-mail-invitation-manager =
    Sie können die Verwaltung von { $shop } als Leitung benutzen.

admin-mail-invitation-staff =
    Sie können die Verwaltung von { $shop } als Mitarbeiterin oder Mitarbeiter benutzen.

admin-mail-invitation-effect =
    Legen Sie zuerst ein Passwort fest. Der Link gilt einmal und drei Tage lang; danach bitten Sie um
    eine neue Einladung.

## Jemand rät das Passwort.

admin-mail-guessed-subject = Jemand versucht, sich bei { $shop } als Sie anzumelden

admin-mail-guessed-title = Jemand rät Ihr Passwort

admin-mail-guessed-what =
    Jemand probiert von mehreren Adressen aus viele Passwörter, um sich in der Verwaltung von
    { $shop } als Sie anzumelden. Keines war richtig.

admin-mail-guessed-effect =
    Auf Geräten, auf denen Sie sich schon einmal angemeldet haben, ändert sich für Sie nichts. Auf
    anderen warten Sie vor dem Anmelden eine halbe Minute.

admin-mail-guessed-advice =
    Sie brauchen nichts zu tun, wenn Sie Ihr Passwort sonst nirgends verwenden. Ein zweiter Faktor
    schützt Sie selbst dann, wenn das Passwort erraten wird; Sie können ihn in Ihrem Konto
    einschalten.

## Jemand kennt das Passwort und rät Codes.

admin-mail-codes-title = Jemand kennt Ihr Passwort

admin-mail-codes-what =
    Jemand hat sich in der Verwaltung von { $shop } mit Ihrem Passwort angemeldet und rät die Codes
    Ihres zweiten Faktors. Keiner war richtig.

admin-mail-codes-effect =
    Auf Geräten, die Sie noch nicht benutzt haben, sind Codes eine Zeit lang gesperrt.

admin-mail-codes-advice =
    Wenn Sie das nicht waren, ändern Sie jetzt Ihr Passwort, auf einem Gerät, auf dem Sie sich schon
    einmal angemeldet haben.
