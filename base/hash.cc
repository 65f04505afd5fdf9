#include "base/hash.hh"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>
#include <stdexcept>

#include "base/text.hh"

namespace base {
namespace {

constexpr std::array<std::string_view, kHashNames> kNames{"MD5", "SHA-256", "SHA-512-256"};

// No configuration file is read: a sandboxed process could not, and no host's setting may change what we compute.
void prepare() {
    static const bool ready = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1;
    if (!ready) throw std::runtime_error("libcrypto does not start");
}

const EVP_MD* method_of(HashName hash) {
    switch (hash) {
        case HashName::md5: return EVP_md5();
        case HashName::sha256: return EVP_sha256();
        case HashName::sha512_256: return EVP_sha512_256();
    }
    return nullptr;
}

std::string hexadecimal(const unsigned char* bytes, std::size_t count) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * count);
    for (std::size_t i = 0; i < count; ++i) {
        text += kDigits[bytes[i] >> 4];
        text += kDigits[bytes[i] & 15];
    }
    return text;
}

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const auto part : parts) text.append(part) += ':';
    text.pop_back();
    return text;
}

}  // namespace

std::string_view name_of(HashName hash) { return kNames[static_cast<std::size_t>(hash)]; }

std::optional<HashName> hash_named(std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i)
        if (base::equals_ignoring_case(name, kNames[i])) return static_cast<HashName>(i);
    return std::nullopt;
}

std::string hash_of(HashName hash, std::initializer_list<std::string_view> parts) {
    prepare();
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned count = 0;
    const std::string text = joined(parts);
    if (EVP_Digest(text.data(), text.size(), bytes.data(), &count, method_of(hash), nullptr) != 1)
        throw std::runtime_error("libcrypto has no " + std::string(name_of(hash)));
    return hexadecimal(bytes.data(), count);
}

std::string sign(const Key256& key, std::initializer_list<std::string_view> parts) {
    prepare();
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned count = 0;
    const std::string text = joined(parts);
    if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
              reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes.data(), &count))
        throw std::runtime_error("libcrypto has no HMAC");
    return hexadecimal(bytes.data(), count);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace base
