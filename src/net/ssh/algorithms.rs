//! Which algorithms we offer, in which order.
//!
//! curve25519 comes first on both sides: it costs half the processor time of the post-quantum
//! hybrid, which a rehearsal pays at every login. The hybrid stays on offer for peers that want it.

use std::borrow::Cow;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, cipher, kex, mac};

const KEX: &[kex::Name] = &[
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::MLKEM768X25519_SHA256,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_GEX_SHA256,
    kex::DH_G16_SHA512,
    kex::DH_G14_SHA256,
];
/// SSH-3: what only old devices offer.
const LEGACY_KEX: &[kex::Name] = &[kex::DH_G14_SHA1, kex::DH_G1_SHA1];
/// Not algorithms but announcements that travel in the same list (RFC 8308; OpenSSH strict kex).
const KEX_EXTENSIONS: &[kex::Name] = &[
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];
const CIPHERS: &[cipher::Name] = &[
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_GCM,
    cipher::AES_128_GCM,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];
const LEGACY_CIPHERS: &[cipher::Name] = &[
    cipher::AES_256_CBC,
    cipher::AES_192_CBC,
    cipher::AES_128_CBC,
];
const MACS: &[mac::Name] = &[
    mac::HMAC_SHA512_ETM,
    mac::HMAC_SHA256_ETM,
    mac::HMAC_SHA512,
    mac::HMAC_SHA256,
];
const LEGACY_MACS: &[mac::Name] = &[mac::HMAC_SHA1_ETM, mac::HMAC_SHA1];

const HOST_KEYS: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP256,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP384,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP521,
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha512),
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha256),
    },
];
/// RSA signatures over SHA-1.
const LEGACY_HOST_KEY: Algorithm = Algorithm::Rsa { hash: None };

/// The algorithms on offer; `legacy` appends those of SSH-3, so they are picked only when the peer
/// has nothing better. `recorded` are the kinds of the host keys we know of the peer: they move to
/// the front, or a peer with several keys would show one we cannot check.
pub(super) fn offer(legacy: bool, recorded: &[Algorithm]) -> Preferred {
    let extra = |wanted: bool| if wanted { usize::MAX } else { 0 };
    let kex = KEX
        .iter()
        .chain(LEGACY_KEX.iter().take(extra(legacy)))
        .chain(KEX_EXTENSIONS);
    let ciphers = CIPHERS
        .iter()
        .chain(LEGACY_CIPHERS.iter().take(extra(legacy)));
    let macs = MACS.iter().chain(LEGACY_MACS.iter().take(extra(legacy)));
    let mut keys = HOST_KEYS.to_vec();
    if legacy {
        keys.push(LEGACY_HOST_KEY);
    }
    keys.sort_by_key(|key| !recorded.iter().any(|known| same_kind(known, key)));
    Preferred {
        kex: Cow::Owned(kex.copied().collect()),
        key: Cow::Owned(keys),
        cipher: Cow::Owned(ciphers.copied().collect()),
        mac: Cow::Owned(macs.copied().collect()),
        ..Preferred::DEFAULT
    }
}

/// What an old device offers: nothing better than SSH-3, but for the host key.
pub(super) fn legacy_only() -> Preferred {
    Preferred {
        kex: Cow::Borrowed(LEGACY_KEX),
        cipher: Cow::Borrowed(LEGACY_CIPHERS),
        mac: Cow::Borrowed(LEGACY_MACS),
        ..offer(true, &[])
    }
}

/// Whether the peer of a finished key exchange got by only with algorithms of SSH-3.
pub(super) fn is_legacy(names: &russh::Names) -> bool {
    LEGACY_KEX.contains(&names.kex)
        || LEGACY_CIPHERS.contains(&names.cipher)
        || LEGACY_MACS.contains(&names.client_mac)
        || LEGACY_MACS.contains(&names.server_mac)
        || names.key == LEGACY_HOST_KEY
}

/// Whether a key of kind `name` (`ssh-ed25519`, …) can appear in a key exchange of ours.
pub(super) fn can_negotiate(name: &str) -> bool {
    let known = |key: &Algorithm| key.as_str() == name;
    HOST_KEYS.iter().any(known) || known(&LEGACY_HOST_KEY)
}

/// Same kind of key; the hash of an RSA signature is no property of the key.
fn same_kind(a: &Algorithm, b: &Algorithm) -> bool {
    let is_rsa = |key: &Algorithm| matches!(key, Algorithm::Rsa { .. });
    a == b || (is_rsa(a) && is_rsa(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssh_3_weak_algorithms_are_offered_only_on_request_and_last() {
        let modern = offer(false, &[]);
        assert!(!modern.kex.contains(&kex::DH_G14_SHA1));
        assert!(!modern.key.contains(&LEGACY_HOST_KEY));
        assert!(!modern.cipher.contains(&cipher::AES_128_CBC));
        assert!(!modern.mac.contains(&mac::HMAC_SHA1));
        let legacy = offer(true, &[]);
        assert_eq!(legacy.kex[0], kex::CURVE25519);
        assert!(legacy.kex.contains(&kex::DH_G1_SHA1));
        assert_eq!(legacy.key.last(), Some(&LEGACY_HOST_KEY));
        assert_eq!(legacy.cipher.last(), Some(&cipher::AES_128_CBC));
        assert_eq!(legacy.mac.last(), Some(&mac::HMAC_SHA1));
    }

    #[test]
    fn kinds_we_have_recorded_come_first() {
        let keys = offer(false, &[Algorithm::Rsa { hash: None }]).key;
        assert_eq!(
            keys[0],
            Algorithm::Rsa {
                hash: Some(HashAlg::Sha512)
            }
        );
        assert_eq!(keys[2], Algorithm::Ed25519);
        assert_eq!(keys.len(), HOST_KEYS.len());
    }
}
