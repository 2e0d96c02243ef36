### Les pages qui ne peuvent être affichées et les adresses qui ne mènent nulle part.

error-title = Un problème est survenu
error-heading = Un problème est survenu de notre côté

error-explanation =
    Nous ne pouvons pas afficher cette page pour le moment. Veuillez réessayer dans un instant. Si
    vous venez de payer, votre paiement n’est pas perdu et vous n’avez pas à payer de nouveau.

page-not-found = Page introuvable
page-not-found-explanation =
    L’adresse contient peut-être une erreur, ou le produit n’est plus en vente.

order-not-found-explanation =
    Le lien vers votre commande est peut-être incomplet. Indiquez votre numéro de commande et votre
    adresse e-mail, et nous vous enverrons de nouveau le lien.

## Où aller ensuite.

back-to-shop = Retour à la boutique
see-all-products = Voir tous les produits
find-order = Retrouver ma commande
