### Signing in with a second factor, one's own account, and the users.

admin-save = Save
admin-continue = Continue
admin-on = On
admin-off = Off
admin-never = Never
admin-language = Language

## Too many attempts.

# Variables:
#   $minutes (Number) - Minutes until the next attempt.
admin-limited-minutes = There were too many attempts. Please try again in { $minutes } minutes.

# Variables:
#   $hours (Number) - Hours until the next attempt.
admin-limited-hours = There were too many attempts. Please try again in { $hours } hours.

## The second factor.

admin-second-factor = Second factor
admin-second-factor-question = Enter the code that your app shows now. If you do not have your app, enter one of your recovery codes.
admin-code = Code
admin-code-hint = Six digits, or a recovery code such as 3f7k-92xq-m0ab-c5vd.
admin-code-refused = This code is wrong, or was used before. Please wait for the next one and try again.
admin-second-factor-is-on = Your second factor is on.
admin-second-factor-is-off = Your second factor is off.
admin-second-factor-change = Change the second factor
admin-second-factor-explanation = With a second factor, signing in needs your password and a code from an app on your phone. Nobody can sign in with your password alone.
admin-second-factor-begin = Set up a second factor
admin-second-factor-again = Start again with another code
admin-second-factor-scan = Scan this picture with an app for codes, such as the one of your password manager.
admin-second-factor-type = If you cannot scan it, type this key into the app:
admin-new-code-hint = The six digits that the app shows now.
admin-new-code-refused = This is not the code that the app shows now. Please check that your phone’s clock is right, and try the next code.
admin-turn-on = Turn on
admin-turn-off = Turn off
admin-turn-off-explanation = After that, your password alone is enough to sign in.
admin-recovery-codes = Recovery codes

# Variables:
#   $left (Number) - How many are left.
admin-recovery-codes-left =
    { $left ->
        [one] You have one recovery code left.
       *[other] You have { $left } recovery codes left.
    }
admin-recovery-codes-replace = Make new recovery codes
admin-recovery-codes-replace-explanation = New codes replace all earlier ones.
admin-recovery-codes-explanation = If you lose your phone, each of these codes signs you in once.
admin-recovery-codes-keep = Print them or keep them in your password manager. They are not shown again.
admin-codes-kept = I have stored them safely

## Passwords.

admin-current-password = Current password
admin-new-password = New password
admin-repeated-password = Repeat the new password

# Variables:
#   $count (Number) - The fewest characters.
admin-new-password-hint = At least { $count } characters. Several words are good.
admin-change-password = Change password
admin-change-password-explanation = You stay signed in here, and are signed out on all other devices.
admin-passwords-differ = The two passwords differ. Please type both again.

# Variables:
#   $count (Number) - The fewest characters.
admin-password-too-short = Please choose a password of at least { $count } characters.

# Variables:
#   $count (Number) - The most characters.
admin-password-too-long = Please choose a password of at most { $count } characters.
admin-password-too-common = This password is among the first that somebody would try. Please choose another one.
admin-password-is-mail = Please choose a password that is more than your email address with a few characters.
admin-wrong-password = This is not your current password. Nothing has changed.

## The password is forgotten.

admin-forgotten = I have forgotten my password
admin-forgotten-explanation = We send you a link with which you set a new password.
admin-send-link = Send the link
admin-back-to-sign-in = Back to the sign-in

## A one-time link.

admin-set-password = Set password
admin-link-first-owner = Set a password, and you are the owner of this shop.
admin-link-invitation = Set a password to use the admin of this shop.
admin-link-reset = You will be signed out on all devices. Your second factor stays as it is.
admin-link-gone-title = This link cannot be used
admin-link-gone = The link was used before, has expired, or is not complete. Nothing has changed. Please ask for another one.
admin-link-owner-exists = This shop has an owner by now, so this link cannot be used. Nothing has changed. Ask the owner to invite you.

## The account.

admin-account = Your account
admin-devices = Devices
admin-device = Device
admin-this-device = This device
admin-unknown-device = Unknown
admin-address = Address
admin-last-used = Last used
admin-signed-in-at = Signed in
admin-sign-out-others = Sign out all other devices

## The users.

admin-users = Users
admin-all-users = All users
admin-role = Role
admin-role-owner = Owner
admin-role-manager = Manager
admin-role-staff = Staff
admin-roles-explanation = Staff see orders and ship them. Managers also refund, and change products and settings. Owners also manage users and payment settings.
admin-choose-role = Please choose a role.
admin-user-state = Access
admin-user-invited = Invited
admin-user-active = Active
admin-user-deactivated = Deactivated
admin-last-sign-in = Last sign-in
admin-invite-user = Invite a user
admin-invite-explanation = The user gets an email with a link, and sets a password with it.
admin-invite-again = Send another invitation
admin-mail-taken = There is a user with this email address already.
admin-mail-invalid = Please enter an email address.
admin-change-mail-hint = The user is signed out, and signs in with the new address.
admin-deactivate = Deactivate
admin-deactivate-explanation = A deactivated user is signed out and cannot sign in.
admin-activate = Activate again
admin-activate-explanation = The user can sign in again, with the same password.
admin-remove-user = Remove the user
admin-remove-explanation = What the user has done stays in the audit log.
admin-remove-confirmed = Yes, remove this user
admin-reset-second-factor-explanation = If the user has lost phone and recovery codes. Make sure that it is really the user who asks.
admin-reset-second-factor-confirmed = Yes, the user has lost both
admin-confirm-first = Please tick the box first. Nothing has changed.
admin-last-owner = This is the last owner who can sign in, so nothing has changed. Make somebody else an owner first.

## What was done.

admin-done-recovery-code-used = You have used a recovery code; it cannot be used again.
admin-done-link-requested = If this is the address of a user, the link is on its way. It works once, within 30 minutes.
admin-done-password-set = Your password is set. Please sign in.
admin-done-password-changed = Your password is changed. All other devices are signed out.
admin-done-device-signed-out = The device is signed out.
admin-done-other-devices-signed-out = All other devices are signed out.
admin-done-second-factor-off = The second factor is off.
admin-done-user-invited = The invitation is on its way.
admin-done-role-changed = The role is changed, and the user is signed out.
admin-done-mail-changed = The email address is changed, and the user is signed out.
admin-done-user-activated = The user can sign in again.
admin-done-user-deactivated = The user is signed out and can no longer sign in.
admin-done-user-removed = The user is removed.
admin-done-user-gone = This user no longer exists. Nothing has changed.
