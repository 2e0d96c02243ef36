### La page d’un produit.

breadcrumbs = Où vous êtes
related-products = Vous aimerez peut-être aussi

## À côté du prix.

price-includes-tax = TVA comprise
price-plus-tax = hors taxes
price-small-business = TVA non applicable : le vendeur relève de la franchise en base de TVA.
price-plus-delivery = hors frais de livraison

## Ce que la loi demande d’une offre (règlement (UE) 2023/988, article 19).

manufacturer-and-safety = Fabricant et sécurité
manufacturer = Fabricant
responsible-person = Personne responsable dans l’UE
safety-notes = Consignes de sécurité
