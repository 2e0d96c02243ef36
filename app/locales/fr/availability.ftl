### Ce qui peut être acheté maintenant, à côté des prix et des quantités.

sold-out = Épuisé
only-left = Plus que { $left } en stock
held = Réservé par un autre client. L’article pourrait redevenir disponible.
limit-per-order = { $max } au maximum par commande
price-from = à partir de { $price }

## Sur la page d’un produit.

product-sold-out = Ce produit est actuellement épuisé.

all-held =
    D’autres clients sont en train de payer les derniers exemplaires. Certains pourraient
    redevenir disponibles : revenez un peu plus tard.

product-discontinued = Ce produit n’est plus en vente.

## Le champ de quantité et ses boutons.

quantity = Quantité
quantity-of = Quantité : { $name }
decrease-quantity = Diminuer la quantité : { $name }
increase-quantity = Augmenter la quantité : { $name }

## Pourquoi une quantité ne peut pas être achetée, à côté de son champ.

not-whole = Veuillez saisir un nombre entier, 0 ou plus.
above-limit = { $max } au maximum par commande.
above-stock = Plus que { $left } en stock.

above-share =
    { $left ->
        [0] Aucun autre exemplaire ne peut être réservé
        [one] Un seul autre exemplaire peut être réservé
       *[other] Seuls { $left } autres exemplaires peuvent être réservés
    } tant que les autres commandes passées depuis votre connexion n’ont pas été payées.

none-left = Épuisé.
no-longer-sold = Cet article n’est plus en vente.

other-currency =
    Cet article est vendu dans une autre devise. Veuillez le commander séparément.

price-changed =
    Le prix est passé de { $shown } à { $now }. Veuillez le vérifier et réessayer.
