### Emails to users of the admin.

# The label of a link.
admin-mail-set-password = Set your password

# The label of a link.
admin-mail-to-account = Go to your account

## The password is forgotten.

# Variables:
#   $shop (Text) - The shop’s name.
admin-mail-reset-subject = Set a new password for { $shop }

admin-mail-reset-title = Set a new password

# Variables:
#   $shop (Text) - The shop’s name.
admin-mail-reset-asked =
    Somebody has asked for a link because your password for the admin of { $shop } is forgotten. The
    link works once, within 30 minutes.

admin-mail-reset-effect =
    A new password signs you out on all devices. Your second factor stays as it is.

admin-mail-reset-not-you = If it was not you, you need not do anything: your password stays.

## A new user.

# Variables:
#   $shop (Text) - The shop’s name.
admin-mail-invitation-subject = You are invited to the admin of { $shop }

admin-mail-invitation-title = Welcome

# Variables:
#   $shop (Text) - The shop’s name.
admin-mail-invitation-owner = You can use the admin of { $shop } as an owner.

# Variables:
#   $shop (Text) - The shop’s name.
admin-mail-invitation-manager = You can use the admin of { $shop } as a manager.

# Variables:
#   $shop (Text) - The shop’s name.
admin-mail-invitation-staff = You can use the admin of { $shop } as staff.

admin-mail-invitation-effect =
    Set a password first. The link works once, within three days; after that, ask for another
    invitation.

## Somebody guesses the password.

# Variables:
#   $shop (Text) - The shop’s name.
admin-mail-guessed-subject = Somebody is trying to sign in to { $shop } as you

admin-mail-guessed-title = Somebody is guessing your password

# Variables:
#   $shop (Text) - The shop’s name.
admin-mail-guessed-what =
    Somebody is trying many passwords to sign in to the admin of { $shop } as you, from several
    addresses. None of them was right.

admin-mail-guessed-effect =
    On devices on which you have signed in before, nothing changes for you. On others, you wait for
    half a minute before you sign in.

admin-mail-guessed-advice =
    You need not do anything if you use your password nowhere else. A second factor protects you even
    if the password is guessed; you can turn it on in your account.

## Somebody who knows the password guesses codes.

admin-mail-codes-title = Somebody knows your password

# Variables:
#   $shop (Text) - The shop’s name.
admin-mail-codes-what =
    Somebody has signed in to the admin of { $shop } with your password, and is guessing the codes of
    your second factor. None of them was right.

admin-mail-codes-effect =
    On devices that you have not used before, codes are blocked for a while.

admin-mail-codes-advice =
    If it was not you, change your password now, on a device on which you have signed in before.
