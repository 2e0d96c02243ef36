### La page d’une commande, pour quiconque a son lien.

## L’état de la commande : son titre et ce qu’il signifie.

order-confirming = Confirmation de votre paiement
order-confirming-explanation =
    Si vous venez de payer, nous attendons que Stripe confirme votre paiement, ce qui ne prend en
    général que quelques secondes. Cette page s’actualise automatiquement. Veuillez ne pas payer de
    nouveau.

order-processing = Votre banque traite le paiement
order-processing-explanation =
    Avec ce moyen de paiement, cela peut prendre quelques jours ouvrés. Vos articles sont réservés
    en attendant. Vous n’avez rien d’autre à faire.

order-failed = Le paiement n’a pas abouti
order-failed-explanation =
    Le paiement n’a pas été mené à terme : aucune commande n’a été passée et rien n’a été débité.
    Vous pouvez réessayer avec une autre carte ou un autre moyen de paiement.

order-expired = Ce paiement a expiré
order-expired-explanation =
    Nous n’avons pas reçu de paiement à temps. Rien n’a été débité. Si vous souhaitez toujours ces
    produits, veuillez les choisir de nouveau.

order-paid = Merci, votre commande est payée
order-paid-explanation =
    Nous avons bien reçu votre commande et votre paiement. Vous n’avez rien d’autre à faire.

order-free = Merci, nous avons votre commande
order-free-explanation = Il n’y avait rien à payer et vous n’avez rien d’autre à faire.

order-late = Votre paiement est arrivé trop tard
order-late-refunded-explanation =
    Quand il nous est parvenu, les produits choisis avaient été vendus à quelqu’un d’autre. Nous
    vous avons remboursé intégralement. Nous en sommes désolés.
order-late-refunding-explanation =
    Quand il nous est parvenu, les produits choisis avaient été vendus à quelqu’un d’autre. Nous
    vous remboursons intégralement, vous n’avez rien à faire. Nous en sommes désolés.

order-late-accepted = Votre commande est payée, mais il manque quelque chose
order-late-accepted-explanation =
    Nous avons votre paiement, mais tout n’est plus en stock : il est arrivé après l’expiration de
    votre session de paiement. Nous vous contacterons pour trouver une solution.

order-refunded = Votre commande a été remboursée
order-refunded-explanation = Nous vous avons remboursé intégralement.

order-refunding = Votre remboursement est en cours
order-refunding-explanation =
    Nous vous remboursons intégralement. Vous n’avez rien à faire.

order-disputed = Votre banque s’interroge sur ce paiement
order-disputed-explanation =
    Nous avons votre commande, mais votre banque examine le paiement. Si ce n’est pas à votre
    demande, veuillez nous contacter. Vous n’avez pas à payer de nouveau.

order-dispute-lost = Votre banque a annulé ce paiement
order-dispute-lost-explanation =
    Votre banque a décidé de vous rendre ce paiement et peut vous dire quand l’argent arrivera. Si
    vous souhaitez garder votre commande, veuillez nous contacter.

## La suite.

what-happens-next = La suite

next-bank-confirms =
    Dès que votre banque aura confirmé le paiement, votre commande apparaîtra ici comme payée.
next-confirmation =
    Vous recevrez une confirmation par e-mail, à l’adresse que vous avez indiquée pour la commande.
next-shipping = Nous expédierons votre commande à l’adresse que vous avez indiquée.
next-shipping-rest =
    Nous expédierons le reste de votre commande à l’adresse que vous avez indiquée.
next-shipped = Tout ce que nous avions à expédier est en route.
next-save-link =
    Gardez le lien de cette page : vous y retrouverez toujours votre commande, votre paiement et
    d’éventuels remboursements.
next-refund-arrives =
    Un remboursement met en général cinq à dix jours pour apparaître sur la carte ou le compte
    utilisé pour le paiement.

## Colis.

shipments-heading = Colis
shipment-sent = Expédié le { $day }
shipment-carrier = par { $carrier }
shipment-tracking-number = Numéro de suivi
shipment-contents = Dans ce colis
track-parcel = Suivre le colis

## Numéro, date et lignes.

order-number = Numéro de commande
order-date = Date
order-address = Adresse web de cette commande

caption-your-order = Votre commande
caption-your-selection = Votre sélection
caption-ordered = Ce que vous avez commandé

column-product = Produit
column-price = Prix unitaire
column-quantity = Quantité
column-amount = Montant

line-subtotal = Sous-total
line-discount = Remise
line-shipping = Livraison
line-shipping-by = Livraison ({ $method })
line-tax = Taxes
line-tax-included = Taxes (comprises)
line-total = Total
line-total-paid = Total payé
line-refunded = Remboursé
line-refunding = Remboursement en cours

minor-units = { $amount } unités minimales de { $code }

shipping-address = Adresse de livraison

## À qui s’adresser.

questions-email =
    Une question sur votre commande ? Écrivez-nous à { $email }.
questions-phone = Une question sur votre commande ? Appelez-nous au { $phone }.
questions-email-or-phone =
    Une question sur votre commande ? Écrivez-nous à { $email } ou appelez-nous au { $phone }.
quote-order-number = Veuillez indiquer votre numéro de commande.

## Pourquoi cette page et non celle de Stripe, et une offre.

notice-label = Pourquoi vous voyez cette page

already-paid =
    Vous avez déjà payé cette commande : aucun nouveau paiement n’a été lancé.
already-processing =
    Votre paiement pour cette commande est déjà en cours : aucun nouveau paiement n’a été lancé.
paid-before-change =
    Cette commande était déjà payée quand vous avez modifié votre sélection : aucun nouveau
    paiement n’a été lancé.

offer-again = Souhaitez-vous commander de nouveau les mêmes articles ?
offer-new-selection = Souhaitez-vous acheter aussi votre nouvelle sélection ?
offer-incomplete = Le reste de votre sélection n’est pas disponible pour le moment.
offer-line = { $quantity } × { $name }, { $price } l’unité

choose-again = Choisir de nouveau
