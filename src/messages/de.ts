import { dateAndTime, duration, number } from './duration.ts'
import type { Messages } from './messages.ts'

/** German. */
export const de: Messages = {
  lang: 'de',
  dir: 'ltr',
  device: {
    on: 'Authenticator-App ist aktiv',
    none: 'Noch keine Authenticator-App',
    card: 'Authenticator-App',
    loading: 'Wird geladen',
    why: 'Eine Authenticator-App wie Google Authenticator, Microsoft Authenticator oder 1Password zeigt alle 30 Sekunden einen neuen 6-stelligen Code. Damit können nur Sie tun, worauf es ankommt.',
    guarded: 'Ihr Konto ist durch einen Code geschützt.',
    since: (time) => `Seit ${time}`,
    time: (at) => dateAndTime('de', at),
    setUp: 'Authenticator-App einrichten',
    remove: 'Gerät entfernen',
    removeWhy: 'Neues Telefon? Entfernen Sie dieses Gerät und richten Sie dann das neue ein.',
    retry: 'Erneut versuchen',
    unsupported: 'In diesem Browser geht das nicht. Aktualisieren Sie ihn, oder nehmen Sie einen anderen.',
  },
  enrollment: {
    steps: 'Schritte',
    scan: 'Scannen',
    type: 'Eingeben',
    save: 'Sichern',
    finished: 'Fertig',
    done: ', erledigt',
    scanHint:
      'Scannen Sie dies mit Ihrer Authenticator-App und geben Sie dann den 6-stelligen Code ein, den sie zeigt.',
    openApp: 'In einer Authenticator-App öffnen',
    qrCode: 'QR-Code',
    cantScan: 'Scannen geht nicht?',
    byHand: 'Wählen Sie in Ihrer App die Eingabe eines Schlüssels, und tippen oder fügen Sie diesen ein.',
    setupKey: 'Einrichtungsschlüssel',
    copy: 'Kopieren',
    copied: 'Kopiert',
    keySelected: 'Der Schlüssel ist markiert: Kopieren Sie ihn von hier.',
    resumed: (startOver) =>
      `Wenn Sie den QR-Code schon gescannt haben, geben Sie den 6-stelligen Code aus Ihrer App ein. Wenn nicht, können Sie mit einem neuen QR-Code ${startOver}.`,
    startOver: 'von vorn beginnen',
  },
  code: {
    label: '6-stelliger Code',
    recoveryLabel: 'Wiederherstellungscode',
    note: 'Ihre App zeigt alle 30 Sekunden einen neuen Code.',
    automatic: 'Er wird automatisch geprüft, sobald er vollständig ist.',
    recoveryNote: 'Jeder Wiederherstellungscode gilt einmal.',
    isAppCode:
      'Diese sechs Ziffern sind aus einer Authenticator-App. Geben Sie einen Ihrer Wiederherstellungscodes ein.',
    empty: 'Geben Sie zuerst den Code ein.',
    help: 'Stimmt der Code noch immer nicht? Prüfen Sie, ob Ihr Telefon Datum und Uhrzeit automatisch einstellt. Steht dieses Konto zweimal in der App, nehmen Sie den neueren Eintrag.',
    verify: 'Bestätigen',
    cancel: 'Abbrechen',
    useRecoveryCode: 'Stattdessen einen Wiederherstellungscode verwenden',
    useApp: 'Stattdessen die Authenticator-App verwenden',
    wait: (seconds) => `Noch ${duration('de', seconds)}.`,
  },
  challenge: {
    title: 'Bestätigen Sie, dass Sie es sind',
    removeTitle: 'Authenticator-App entfernen',
    hint: 'Geben Sie den 6-stelligen Code aus Ihrer Authenticator-App ein, um fortzufahren.',
    removeHint: 'Geben Sie den 6-stelligen Code aus der App ein, die Sie entfernen möchten.',
    recoveryHint: 'Geben Sie einen der Wiederherstellungscodes ein, die Sie aufbewahrt haben.',
    purposes: {
      'wallet:export': 'Sie sind dabei, Ihren privaten Schlüssel zu exportieren.',
      'wallet:delete': 'Sie sind dabei, Ihr Wallet zu löschen.',
      'wallet:sign': 'Sie sind dabei, mit Ihrem Wallet zu unterschreiben.',
      'wallet:delegate': 'Sie sind dabei, jemand anderen für Ihr Wallet handeln zu lassen.',
      'wallet:restore': 'Sie sind dabei, Ihr Wallet wiederherzustellen.',
      'credential:link': 'Sie sind dabei, einen Zugang zu Ihrem Konto hinzuzufügen.',
      'credential:update': 'Sie sind dabei, Ihre Wiederherstellungscodes zu ersetzen.',
      'credential:unlink': 'Sie sind dabei, einen Zugang zu Ihrem Konto zu entfernen.',
      'user:update': 'Sie sind dabei, die Angaben Ihres Kontos zu ändern.',
      'user:delete': 'Sie sind dabei, Ihr Konto zu löschen.',
    },
  },
  gate: {
    enroll: 'Richten Sie eine Authenticator-App ein, um fortzufahren.',
    enrollBy: (time) =>
      `Richten Sie bis ${time} eine Authenticator-App ein. Danach geht es ohne sie nicht weiter.`,
  },
  password: {
    label: 'Passwort',
    hint: 'Geben Sie Ihr Passwort ein, um fortzufahren.',
    empty: 'Geben Sie zuerst Ihr Passwort ein.',
    submit: 'Weiter',
  },
  recovery: {
    title: 'Wiederherstellungscodes aufbewahren',
    hint: 'Wenn Sie Ihr Telefon verlieren, verwenden Sie einen davon anstelle des 6-stelligen Codes. Bewahren Sie sie sicher auf: Sie werden nicht noch einmal gezeigt.',
    list: 'Wiederherstellungscodes',
    copy: 'Codes kopieren',
    copied: 'Kopiert',
    selected: 'Die Codes sind markiert: Kopieren Sie sie von hier.',
    download: 'Speichern',
    print: 'Drucken',
    file: 'wiederherstellungscodes.txt',
    takeFirst: 'Kopieren, speichern oder drucken Sie die Codes zuerst.',
    keep: 'Ich habe die Codes aufbewahrt',
    left: (count) => `Übrige Wiederherstellungscodes: ${number('de', count)}`,
    unsaved:
      'Noch hat niemand bestätigt, dass diese Codes aufbewahrt sind. Wenn Sie sie nicht haben, erstellen Sie jetzt neue.',
    renewWhy: 'Nie aufbewahrt, verloren oder fast aufgebraucht? Neue Codes ersetzen alle alten.',
    renew: 'Neue Codes erstellen',
  },
  announcements: {
    enabled: 'Authenticator-App aktiviert.',
    removed: 'Authenticator-App entfernt.',
    checking: 'Der Code wird geprüft …',
    wait: (seconds) => `Sie können es in ${duration('de', seconds)} erneut versuchen.`,
    tryAgain: 'Sie können es jetzt erneut versuchen.',
    keyCopied: 'Der Schlüssel ist in der Zwischenablage.',
    codesCopied: 'Die Codes sind in der Zwischenablage.',
    codesSaved: 'Wiederherstellungscodes aufbewahrt.',
    codesReplaced: 'Sie haben neue Wiederherstellungscodes. Die alten gelten nicht mehr.',
  },
  errors: {
    invalid_code: 'Der Code stimmt nicht. Warten Sie auf den nächsten und versuchen Sie es erneut.',
    code_reused: 'Der Code wurde schon verwendet. Warten Sie auf den nächsten und versuchen Sie es erneut.',
    malformed_code: 'Ein Code hat sechs Ziffern. Prüfen Sie ihn und versuchen Sie es erneut.',
    rate_limited: 'Zu viele Versuche. Warten Sie einen Moment und versuchen Sie es dann erneut.',
    device_locked:
      'Zu viele falsche Codes. Nehmen Sie einen Wiederherstellungscode, oder wenden Sie sich an den Support, wenn Sie keinen haben.',
    device_limit:
      'Es ist schon eine Authenticator-App eingerichtet. Entfernen Sie sie, bevor Sie eine andere einrichten.',
    no_device: 'Es gibt keine Authenticator-App. Richten Sie zuerst eine ein.',
    device_replaced:
      'Diese Einrichtung wurde hier oder in einem anderen Tab durch eine neuere ersetzt. Beginnen Sie von vorn.',
    proof_required: 'Bestätigen Sie dies zuerst mit einem Code aus Ihrer Authenticator-App.',
    elevation_required: 'Bestätigen Sie dies mit einem Code aus Ihrer Authenticator-App.',
    elevation_expired: 'Ihre Bestätigung ist abgelaufen. Geben Sie einen neuen Code ein.',
    elevation_missing:
      'Der Code war richtig, aber dieser Dienst hat dafür keine Berechtigung erteilt. Wenden Sie sich an seinen Support.',
    invalid_password: 'Das Passwort stimmt nicht. Prüfen Sie es und versuchen Sie es erneut.',
    invalid_passkey:
      'Der Passkey wurde nicht angenommen. Versuchen Sie es erneut, oder bestätigen Sie auf andere Weise.',
    passkey_unsupported:
      'Passkeys funktionieren hier nicht. Bestätigen Sie auf andere Weise, oder nehmen Sie einen anderen Browser.',
    passkey_exists: 'Dieses Gerät hat schon einen Passkey für Ihr Konto.',
    passkey_limit: 'Sie haben so viele Passkeys, wie dieser Dienst erlaubt. Entfernen Sie zuerst einen.',
    reauthentication_required: 'Melden Sie sich erneut an und versuchen Sie es dann noch einmal.',
    scope_not_allowed: 'Diese Berechtigung kann hier nicht erbeten werden.',
    mfa_token_disabled: 'MFA-Tokens sind hier abgeschaltet. Bitten Sie stattdessen um Scopes.',
    unauthenticated: 'Sie sind abgemeldet. Melden Sie sich wieder an, um fortzufahren.',
    csrf_rejected:
      'Das wurde zu Ihrer Sicherheit blockiert. Laden Sie die Seite neu und versuchen Sie es erneut.',
    invalid_external_auth:
      'Damit konnten wir Sie nicht anmelden. Melden Sie sich wieder an, um fortzufahren.',
    bad_request: 'Die Anfrage wurde nicht verstanden.',
    too_large: 'Die Anfrage war zu groß.',
    not_covered:
      'Dieser Server kann das nicht: Er kennt Authenticator-Apps, Wiederherstellungscodes, Bestätigungen und Sitzungen.',
    not_found: 'Das ist gerade nicht verfügbar. Versuchen Sie es später erneut.',
    method_not_allowed: 'Diese Adresse nimmt diese Methode nicht an.',
    server: 'Bei uns ist etwas schiefgegangen. Versuchen Sie es erneut.',
    network:
      'Wir konnten den Server nicht erreichen. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.',
    timeout: 'Der Server hat nicht rechtzeitig geantwortet. Versuchen Sie es erneut.',
    malformed_response: 'Die Antwort des Servers war nicht lesbar. Versuchen Sie es erneut.',
    not_ready: 'Das geht noch nicht. Beenden Sie erst den laufenden Schritt oder brechen Sie ihn ab.',
    cancelled: 'Sie haben das abgebrochen.',
    aborted: 'Das wurde beendet, bevor es fertig war.',
  },
  recoveryErrors: {
    invalid_code: 'Dieser Wiederherstellungscode stimmt nicht. Prüfen Sie ihn oder nehmen Sie einen anderen.',
    code_reused: 'Dieser Wiederherstellungscode wurde schon verwendet. Nehmen Sie einen anderen.',
    malformed_code:
      'Das sieht nicht wie ein Wiederherstellungscode aus. Prüfen Sie ihn und versuchen Sie es erneut.',
    bad_request:
      'Das sieht nicht wie ein Wiederherstellungscode aus. Prüfen Sie ihn und versuchen Sie es erneut.',
  },
}
