### Pourquoi aucun paiement n’a été lancé, au-dessus du formulaire.
###
### « Rien n’a été débité » n’est écrit que si c’est certain.

nothing-chosen = Veuillez choisir au moins un produit.

## Des lignes du formulaire posent problème.

lines-prices-changed =
    Des prix ont changé depuis que vous avez ouvert cette page. Rien n’a été débité.
lines-gone = Une partie de votre sélection n’est plus disponible. Rien n’a été débité.
lines-held =
    Un autre client est en train de payer une partie de votre sélection. Rien n’a été débité.
lines-currencies =
    Des produits dans des devises différentes ne peuvent pas être payés ensemble. Rien n’a été
    débité.
lines-above-share = Nous ne pouvons pas réserver toute votre sélection. Rien n’a été débité.
lines-quantities = Veuillez vérifier les quantités indiquées. Rien n’a été débité.
lines-mixed = Veuillez vérifier les articles indiqués. Rien n’a été débité.

unknown-item = Un article de votre sélection n’est plus disponible.

## Le formulaire entier pose problème.

too-many-lines =
    Une commande peut contenir au plus 100 articles différents. Veuillez en choisir moins. Aucun
    paiement n’a été lancé.

below-minimum =
    Le montant minimal d’une commande est de { $minimum }. Veuillez ajouter un article. Rien n’a été
    débité.

above-maximum =
    Cette commande est trop importante pour un seul paiement. Veuillez choisir moins d’articles.
    Rien n’a été débité.

stale-form =
    Cette page n’est plus à jour. Veuillez vérifier les quantités et les prix, puis réessayer. Aucun
    paiement n’a été lancé.

unreadable-form =
    Votre formulaire de commande contenait une erreur. Veuillez vérifier les quantités et réessayer.
    Aucun paiement n’a été lancé.

other-website =
    Ce formulaire venait d’un autre site, nous ne l’avons donc pas accepté. Aucun paiement n’a été
    lancé.

form-too-large =
    Ce formulaire est trop volumineux. Veuillez choisir moins de produits à la fois. Aucun paiement
    n’a été lancé.

## Il y a eu trop de demandes.

limited-checkouts =
    De nombreuses commandes ont été commencées depuis votre connexion en peu de temps. Veuillez
    réessayer dans quelques minutes. Aucun paiement n’a été lancé.

limited-shop =
    La boutique est très sollicitée en ce moment. Veuillez réessayer dans une minute. Aucun paiement
    n’a été lancé.

limited-order-searches =
    De nombreuses recherches de commandes ont été faites depuis votre connexion en peu de temps.
    Veuillez réessayer plus tard.

limited-requests =
    Il y a eu beaucoup de requêtes depuis votre connexion en peu de temps. Veuillez réessayer dans une
    minute.

limited-password-resets =
    Il y a eu beaucoup de requêtes depuis votre connexion en peu de temps. Veuillez réessayer plus
    tard.

limited-password-reset-mails =
    Plusieurs liens ont été envoyés à cette adresse en peu de temps. Veuillez réessayer plus tard.

too-many-open =
    Il y a déjà plusieurs commandes impayées depuis votre connexion. Veuillez en payer une ou
    réessayer plus tard. Aucun paiement n’a été lancé.

## Quelque chose ne fonctionne pas.

payment-unavailable =
    Le paiement n’est pas disponible pour le moment. Rien n’a été débité. Veuillez réessayer dans
    quelques minutes.

payments-refused =
    Cette boutique ne peut pas accepter de paiement pour le moment. Rien n’a été débité. Nous en
    sommes informés. Veuillez revenir plus tard.

earlier-payment-unknown =
    Nous n’avons pas pu joindre le prestataire de paiement et ne savons pas encore si votre paiement
    précédent a abouti. Aucun nouveau paiement n’a été lancé.

earlier-payment-order =
    Si vous avez déjà payé, votre commande apparaîtra sur { $link }votre page de commande{ $end }.
    Vous n’avez pas à payer de nouveau.

shop-unavailable =
    Un problème est survenu de notre côté. Aucun nouveau paiement n’a été lancé. Veuillez réessayer
    dans quelques minutes.
