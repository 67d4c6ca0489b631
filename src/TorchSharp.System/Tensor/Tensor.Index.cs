using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // t[...] as in Python.
    public partial class Tensor
    {
        /// <summary>The part that the indices select.</summary>
        public Tensor index(params TensorIndex[] indices) => Get(Args(indices));

        /// <summary>The elements that tensors of indices select.</summary>
        public Tensor index(params Tensor[] indices) => Aten.index_Tensor.Call(this, indices);

        /// <summary>The part that the indices select.</summary>
        public Tensor this[params TensorIndex[] indices]
        {
            get => Get(Args(indices));
            set => Set(Args(indices), value);
        }

        /// <summary>The elements that tensors of indices select.</summary>
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        /// <summary>The part at the indices of the first dimensions.</summary>
        public Tensor this[params long[] indices]
        {
            get => Get(Args(indices));
            set => Set(Args(indices), value);
        }

        /// <summary>The part at an index of the first dimension.</summary>
        public Tensor this[long i1]
        {
            get => Get([i1]);
            set => Set([i1], value);
        }

        /// <summary>The part at indices of the first two dimensions.</summary>
        public Tensor this[long i1, long i2]
        {
            get => Get([i1, i2]);
            set => Set([i1, i2], value);
        }

        /// <summary>The part at indices of the first three dimensions.</summary>
        public Tensor this[long i1, long i2, long i3]
        {
            get => Get([i1, i2, i3]);
            set => Set([i1, i2, i3], value);
        }

        /// <summary>The part at indices of the first four dimensions.</summary>
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => Get([i1, i2, i3, i4]);
            set => Set([i1, i2, i3, i4], value);
        }

        /// <summary>Writes values to the places that the indices select.</summary>
        public Tensor index_put_(Tensor value, params TensorIndex[] indices)
        {
            Set(Args(indices), value);
            return this;
        }

        /// <summary>Writes a value to the places that the indices select.</summary>
        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using Tensor tensor = Aten.scalar_tensor.Call(value, dtype, Arg.None, device);
            return index_put_(tensor, indices);
        }

        /// <summary>Writes values to the places that tensors of indices select.</summary>
        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, indices, false);

        /// <summary>Writes a value to the places that tensors of indices select.</summary>
        public Tensor index_put_(Scalar value, params Tensor[] indices)
        {
            using Tensor tensor = Aten.scalar_tensor.Call(value, dtype, Arg.None, device);
            return index_put_(tensor, indices, false);
        }

        /// <summary>Writes or adds values to the places that tensors of indices select.</summary>
        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) => Aten.index_put_.InPlace(this, indices, value, accumulate);

        private static Arg[] Args(TensorIndex[] indices) => Array.ConvertAll(indices, index => index.ToArg());

        private static Arg[] Args(long[] indices) => Array.ConvertAll(indices, index => (Arg)index);

        private unsafe Tensor Get(ReadOnlySpan<Arg> indices)
        {
            NativeValue* values = stackalloc NativeValue[indices.Length];
            long* scratch = stackalloc long[Marshaller.ScratchWords(indices)];
            Marshaller.Write(indices, values, scratch);
            int status = Native.tss_index_get(Handle, values, indices.Length, out nint result);
            GC.KeepAlive(this);
            foreach (ref readonly Arg arg in indices) GC.KeepAlive(arg.Reference);
            Native.Check(status);
            return new Tensor(result);
        }

        private unsafe void Set(ReadOnlySpan<Arg> indices, Tensor value)
        {
            NativeValue* values = stackalloc NativeValue[indices.Length];
            long* scratch = stackalloc long[Marshaller.ScratchWords(indices)];
            Marshaller.Write(indices, values, scratch);
            int status = Native.tss_index_set(Handle, values, indices.Length, value.Handle);
            GC.KeepAlive(this);
            GC.KeepAlive(value);
            foreach (ref readonly Arg arg in indices) GC.KeepAlive(arg.Reference);
            Native.Check(status);
        }
    }
}
