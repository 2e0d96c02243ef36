### Les e-mails aux clients, et ce que ceux au commerçant partagent avec eux.

## Tous les e-mails.

mail-greeting = Bonjour,
mail-greeting-name = Bonjour { $name },
mail-test-shop = Ceci est une boutique de test : aucun paiement réel n’est encaissé.
mail-label = { $label } :

## Le tableau d’une commande.

mail-order-paid = Commande { $number }, { $time }
mail-each = { $price } l’unité
mail-view-order = Voir votre commande

## Le paiement est confirmé.

mail-paid-subject = Votre commande { $number } chez { $shop }
mail-paid-title = Merci pour votre commande
mail-paid-confirmed =
    Nous avons bien reçu votre paiement et votre commande { $number } est confirmée.
mail-paid-free = Votre commande { $number } est confirmée. Il n’y avait rien à payer.
mail-next-keep =
    Conservez cet e-mail : son lien ouvre la page de votre commande, où vous retrouverez toujours votre
    commande, votre paiement et d’éventuels remboursements.

## La banque traite le paiement.

mail-processing-subject = Votre paiement à { $shop } est en cours de traitement
mail-processing-explanation =
    Votre banque traite le paiement. Avec ce moyen de paiement, cela peut prendre quelques jours
    ouvrés. Vous n’avez rien d’autre à faire. Veuillez ne pas payer de nouveau.
mail-next-reserved = Les produits commandés vous sont réservés.
mail-next-result = Nous vous écrirons dès que nous aurons reçu le paiement, ou s’il n’aboutit pas.

## Le paiement n’a pas abouti.

mail-failed-subject = Votre paiement à { $shop } n’a pas abouti
mail-failed-explanation =
    Le paiement n’a pas été mené à terme. Rien n’a été débité et rien ne sera expédié.
mail-failed-again =
    Les produits choisis ne vous sont plus réservés. Si vous les souhaitez toujours, veuillez commander
    de nouveau sur { $address }

## Payé trop tard : les produits sont épuisés.

mail-late-subject = À propos de votre commande { $number } chez { $shop }
mail-late-explanation =
    Votre paiement est arrivé après l’expiration de votre session de paiement. Entre-temps, les
    produits choisis avaient été vendus à d’autres et il n’en reste pas assez. Nous en sommes désolés.
mail-late-refunding =
    Nous vous remboursons intégralement ({ $amount }). Vous n’avez rien à faire : nous vous écrirons
    dès que le remboursement aura été effectué.
mail-late-kept =
    Votre commande est maintenue. Nous vous indiquerons quand nous pourrons la livrer, ou nous vous
    rembourserons.

## Un remboursement.

mail-refunded-subject = Remboursement de { $amount } par { $shop }
mail-refunded-in-full =
    Nous vous avons remboursé intégralement votre commande { $number } ({ $amount }).
mail-refunded-in-part =
    Nous vous avons remboursé { $amount } sur les { $paid } que vous avez payés pour votre commande
    { $number }.
mail-refunded-amount =
    Nous vous avons remboursé { $amount } pour votre commande { $number }.
mail-refunded-arrives =
    Le montant revient sur la carte ou le compte utilisé pour le paiement et y apparaît en général sous
    cinq à dix jours. Vous n’avez rien à faire.

## Un colis a été expédié.

mail-shipped-subject = Votre commande { $number } chez { $shop } est en route
mail-shipped-title = Votre commande est en route
mail-shipped-part-title = Une partie de votre commande est en route
mail-shipped-all = Nous avons expédié votre commande { $number }.
mail-shipped-part =
    Nous avons expédié une partie de votre commande { $number }. Le reste suivra.
mail-shipped-rest =
    Nous avons expédié une partie de votre commande { $number }. Il ne reste rien à expédier.
mail-shipped-carrier-and-number =
    Le colis est confié à { $carrier }, sous le numéro de suivi { $tracking }.
mail-shipped-carrier = Le colis est confié à { $carrier }.
mail-shipped-number = Le numéro de suivi du colis est { $tracking }.

## Le lien d’une commande, que quelqu’un a demandé.

mail-link-subject = Le lien vers votre commande { $number } chez { $shop }
mail-link-title = Le lien vers votre commande
mail-link-requested =
    Quelqu’un a saisi cette adresse e-mail et demandé le lien vers votre commande { $number }. Le
    voici.
mail-link-ignore =
    Si ce n’était pas vous, ignorez cet e-mail : personne d’autre ne l’a reçu.

## L’accusé de réception d’une rétractation.

mail-withdrawal-subject = Nous avons reçu votre rétractation ({ $shop })
mail-withdrawal-acknowledged =
    Par cet e-mail, nous accusons réception de votre rétractation du contrat. Son contenu, ainsi que
    la date et l’heure de sa réception, figurent ci-dessous. Veuillez conserver cet e-mail.
mail-withdrawal-next =
    Nous vous écrirons pour vous indiquer la suite. Si cette rétractation ne vient pas de vous,
    veuillez nous en informer.
mail-withdrawal-caption = Rétractation du contrat
mail-withdrawal-whole = toute la commande
mail-visit-shop = Aller à la boutique
