// The models of purchases by name.
#pragma once
#include "clv/bg_bb.hpp"
#include "clv/bg_nbd.hpp"
#include "clv/nbd.hpp"
#include "clv/pareto_nbd.hpp"
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace cd::clv {

using Purchases = std::variant<BgNbd, MbgNbd, ParetoNbd, Nbd, BgBb>;
enum class Process : std::uint8_t { bg_nbd, mbg_nbd, pareto_nbd, nbd, bg_bb }; // in that order
inline constexpr std::size_t processes = std::variant_size_v<Purchases>;
constexpr std::uint64_t count(Process) { return processes; }

// Calls f.operator()<M>() for the model of a process.
template <class F> decltype(auto) with_process(Process process, F &&f) {
    switch (process) {
    case Process::mbg_nbd: return f.template operator()<MbgNbd>();
    case Process::pareto_nbd: return f.template operator()<ParetoNbd>();
    case Process::nbd: return f.template operator()<Nbd>();
    case Process::bg_bb: return f.template operator()<BgBb>();
    default: return f.template operator()<BgNbd>();
    }
}

inline const char *name_of(Process process) {
    return with_process(process, []<class M>() { return M::name; });
}
inline std::span<const char *const> parameters_of(Process process) {
    return with_process(process, []<class M>() { return std::span<const char *const>(M::parameter_names); });
}
// A discrete model is of opportunities; the others are of time.
inline bool is_discrete(Process process) { return process == Process::bg_bb; }
inline Purchases make(Process process, const Parameters &parameters) {
    return with_process(process, [&]<class M>() { return Purchases(M(parameters)); });
}
inline std::optional<Process> process_named(std::string_view name) {
    for (std::size_t i = 0; i < processes; ++i)
        if (const auto process = static_cast<Process>(i); name == name_of(process)) return process;
    return {};
}

} // namespace cd::clv
