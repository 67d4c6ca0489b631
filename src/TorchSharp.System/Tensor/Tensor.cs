using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// An n-dimensional array on a device. Owns native memory: dispose it, or create it inside a <see cref="NewDisposeScope"/>.
    /// Every operator follows PyTorch's of the same name.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        private static long totalCount;
        private static long peakCount;

        internal nint handle;

        internal DisposeScope? OwningDisposeScope { get; set; }

        /// <summary>Takes over one native reference and joins the innermost dispose scope of the thread.</summary>
        internal Tensor(nint handle)
        {
            this.handle = handle;
            long count = Interlocked.Increment(ref totalCount);
            if (count > peakCount) peakCount = count;
            OwningDisposeScope = DisposeScopeManager.ThreadSingleton.RegisterOnCurrentDisposeScope(this);
        }

        /// <summary>Takes over the native reference, the count and the dispose scope of <paramref name="source"/>, which becomes invalid.</summary>
        private protected Tensor(Tensor source)
        {
            handle = source.Handle;
            source.handle = 0;
            DisposeScope.ReplaceWith(source, this);
            GC.SuppressFinalize(source);
        }

        /// <summary>A tensor that owns the given native reference.</summary>
        public static Tensor UnsafeCreateTensor(IntPtr handle) => new(handle);

        /// <summary>Live tensors of the process.</summary>
        public static long TotalCount => Interlocked.Read(ref totalCount);

        /// <summary>The most tensors that were ever alive at once.</summary>
        public static long PeakCount => Interlocked.Read(ref peakCount);

        /// <summary>A name for the tensor, of no meaning to libtorch.</summary>
        public string? name { get; set; }

        /// <summary>Frees a tensor that was not disposed.</summary>
        ~Tensor() => Dispose(false);

        /// <summary>Releases the native memory. Using the tensor afterwards throws.</summary>
        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        /// <summary>Releases the native reference and leaves the dispose scope.</summary>
        protected virtual void Dispose(bool disposing)
        {
            nint released = Interlocked.Exchange(ref handle, 0);
            if (released == 0) return;
            DisposeScopeManager.ThreadSingleton.DisposingOnCurrentScope(this);
            OwningDisposeScope?.MarkAsDisposed(this);
            Interlocked.Decrement(ref totalCount);
            Native.tss_tensor_dispose(released);
        }

        /// <summary>Whether the tensor was disposed.</summary>
        public bool IsInvalid => handle == 0;

        /// <summary>The native reference. Throws where the tensor was disposed.</summary>
        public IntPtr Handle => handle != 0 ? handle : throw new InvalidOperationException("Tensor invalid -- empty handle.");

        /// <summary>Gives the native reference away: the caller now owns it and this object becomes invalid.</summary>
        public IntPtr DecoupleFromNativeHandle()
        {
            nint released = Handle;
            GC.SuppressFinalize(this);
            OwningDisposeScope?.MarkAsDisposed(this);
            Interlocked.Decrement(ref totalCount);
            handle = 0;
            return released;
        }

        /// <summary>Moves the tensor to the scope around its own, so that it outlives it.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        /// <summary>Removes the tensor from its scope: the caller disposes it.</summary>
        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        /// <summary>Moves the tensor to the scope of another tensor.</summary>
        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

        /// <summary>Moves the tensor to another scope, or out of all where it is null.</summary>
        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is null && other is not null) other.Attach(this);
            else OwningDisposeScope?.MoveToOther(other, this);
            return this;
        }

        /// <summary>Whether both hold the same values of the same type in the same shape.</summary>
        public bool Equals(Tensor target) => target is not null && Aten.equal.CallBool(this, target);

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        /// <inheritdoc/>
        public override int GetHashCode() => base.GetHashCode();

        private static long[] Dims(params long[] dims) => dims;

        private static string? NameOf(RoundingMode mode) => mode == RoundingMode.None ? null : mode.ToString();

        // The schemas of std and var have no type argument: TorchSharp converts the result.
        private static Tensor Cast(Tensor result, ScalarType? type) =>
            type is { } wanted && wanted != result.dtype ? result.to_type(wanted, disposeAfter: true) : result;

        private static (Tensor, Tensor) Cast((Tensor, Tensor) results, ScalarType? type) => (Cast(results.Item1, type), Cast(results.Item2, type));
    }
}
