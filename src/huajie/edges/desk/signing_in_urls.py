"""Addresses of signing in, of the lock, of drafts, and of accounts; part of the desk's."""

from django.urls import path

from huajie.edges.desk import accounts, drafts, feed, locking, me, provider, signing_in

urlpatterns = [
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-in/second/", signing_in.second, name="second"),
    path("sign-in/passkey/", signing_in.by_key, name="by-key"),
    path("sign-in/passkey/options/", signing_in.key_options, name="key-options"),
    path("sign-in/code/", signing_in.by_code, name="by-code"),
    path("sign-in/provider/", provider.leave, name="provider"),
    path("sign-in/provider/back/", provider.back, name="provider-back"),
    path("sign-in/provider/link/", provider.link, name="provider-link"),
    path("lock/", locking.lock, name="lock"),
    path("unlock/", locking.unlock, name="unlock"),
    path("switch/", locking.switch, name="switch"),
    path("drafts/", drafts.listing, name="drafts"),
    path("drafts/save/", drafts.save, name="draft-save"),
    path("drafts/discard/", drafts.discard, name="draft-discard"),
    path("me/", me.me, name="me"),
    path("me/prove/", me.prove, name="prove"),
    path("me/password/", me.password, name="password"),
    path("me/pin/", me.pin, name="pin"),
    path("me/keys/", me.switch_keys, name="keys"),
    path("me/totp/", me.totp, name="totp"),
    path("me/totp/remove/", me.totp_remove, name="totp-remove"),
    path("me/codes/", me.codes, name="codes"),
    path("me/passkey/", me.key, name="key"),
    path("me/passkey/options/", me.own_key_options, name="own-key-options"),
    path("me/passkey/remove/", me.key_remove, name="key-remove"),
    path("me/calendar/", feed.make, name="feed-make"),
    path("me/calendar/end/", feed.end, name="feed-end"),
    path("calendar/<str:secret>.ics", feed.calendar, name="calendar"),
    path("me/end/", me.end_one, name="end-one"),
    path("me/end-all/", me.end_all, name="end-all"),
    path("accounts/", accounts.listing, name="accounts"),
    path("accounts/<str:name>/", accounts.account, name="account"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
]
