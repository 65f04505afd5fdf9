#include "nft/netlink_script.hh"

#include <nftables/libnftables.h>

#include <memory>

namespace nft {

std::optional<std::string> run_script(const std::string& script) {
    const std::unique_ptr<nft_ctx, void (*)(nft_ctx*)> context(nft_ctx_new(NFT_CTX_DEFAULT), nft_ctx_free);
    if (!context) return "libnftables cannot start";
    nft_ctx_buffer_output(context.get());
    nft_ctx_buffer_error(context.get());
    if (nft_run_cmd_from_buffer(context.get(), script.c_str()) == 0) return std::nullopt;
    const char* error = nft_ctx_get_error_buffer(context.get());
    std::string text = error == nullptr ? "" : error;
    text.resize(std::min(text.find('\n'), text.size()));
    return text.empty() ? "libnftables refused the table" : text;
}

}  // namespace nft
