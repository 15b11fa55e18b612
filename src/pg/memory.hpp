// Backend memory for containers: counted by the backend, and freed with its context, without destructors.
#pragma once
#include "pg/bridge.hpp"
#include <memory_resource>

namespace cd::pg {

class ContextMemory final : public std::pmr::memory_resource {
  public:
    explicit ContextMemory(MemoryContext context) : context_(context) {}
    MemoryContext context() const { return context_; }

  private:
    void *do_allocate(std::size_t bytes, std::size_t alignment) override {
        // palloc aligns to 8; and it would raise, not return NULL, at an impossible size.
        if (alignment > MAXIMUM_ALIGNOF || !AllocHugeSizeIsValid(bytes)) throw std::bad_alloc();
        void *const p = MemoryContextAllocExtended(context_, bytes, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
        if (!p) throw std::bad_alloc();
        return p;
    }
    void do_deallocate(void *p, std::size_t, std::size_t) override { pfree(p); }
    bool do_is_equal(const memory_resource &other) const noexcept override { return this == &other; }

    MemoryContext context_;
};

} // namespace cd::pg
