### L’en-tête, le pied de page et les pages autour d’un achat.

## Sur chaque page.

skip-to-content = Aller au contenu
test-shop = Boutique de test : aucun paiement réel n’est effectué.
secure-payment = Paiement sécurisé avec Stripe

payments-by-stripe =
    Les paiements sont traités par Stripe. Vos données de carte ne parviennent jamais à cette
    boutique et vous n’avez pas besoin de compte.

## Le catalogue.

shop-title = Boutique
shop-title-page = Boutique, page { $number }
choose-then-pay = Choisissez les quantités souhaitées, puis payez le tout en une seule fois.

choose-then-pay-page =
    Choisissez les quantités souhaitées, puis payez tout ce qui est sur cette page en une seule
    fois.

nothing-for-sale = Il n’y a rien en vente pour le moment. Revenez un peu plus tard.

categories = Catégories
your-selection = Votre sélection
products = Produits
other-products = Autres produits

see-all-options = Voir les { $count } options
options-of-product = pour { $name }

pages-of-catalog = Pages du catalogue
previous-page = ← Page précédente
next-page = Page suivante →
page-of = Page { $number } sur { $count }
all-products = ← Tous les produits

## La page d’un paiement annulé.

payment-cancelled = Paiement annulé
payment-unconfirmed = Nous n’avons pas pu confirmer votre paiement

cancelled-explanation =
    Rien n’a été débité. Votre sélection est toujours là : modifiez-la si vous le souhaitez et payez
    quand vous voulez.

unconfirmed-explanation =
    Nous ne savons pas encore si votre paiement a abouti. Si c’est le cas, votre commande apparaîtra
    sur { $link }cette page{ $end } et vous n’avez pas à payer de nouveau. Sinon, votre sélection est
    toujours là.

## La page avec un lien vers Stripe.

one-more-step = Encore une étape avant de payer

one-more-step-explanation =
    Vos produits sont réservés. Vous payez sur la page sécurisée de Stripe et rien n’est débité avant
    que vous ne confirmiez.

## Retrouver une commande.

find-order-explanation =
    Nous enverrons le lien vers votre commande à l’adresse indiquée lors du paiement.

email-address = Adresse e-mail
send-link = M’envoyer le lien
order-search-incomplete = Veuillez indiquer votre numéro de commande et votre adresse e-mail.

check-email = Consultez vos e-mails

check-email-explanation =
    Si nous avons une commande avec ce numéro et l’adresse e-mail { $email }, nous vous enverrons le
    lien dans quelques minutes.

check-email-hint =
    Pas d’e-mail ? Vérifiez votre dossier de courrier indésirable, ainsi que le numéro de commande et
    l’adresse e-mail.

try-again = Réessayer
