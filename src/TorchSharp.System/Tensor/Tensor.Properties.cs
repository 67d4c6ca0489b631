using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Shape, type and place.
    public partial class Tensor
    {
        private unsafe TensorDescription Describe()
        {
            TensorDescription description;
            Native.Check(Native.tss_tensor_describe(Handle, &description));
            GC.KeepAlive(this);
            return description;
        }

        private static unsafe long[] ToArray(long* values, long count) => new ReadOnlySpan<long>(values, (int)count).ToArray();

        /// <summary>The extents of the dimensions.</summary>
        public long[] shape => size();

        /// <summary>The extents of the dimensions.</summary>
        public unsafe long[] size()
        {
            TensorDescription description = Describe();
            long[] sizes = ToArray(description.Sizes, description.Dim);
            GC.KeepAlive(this);
            return sizes;
        }

        /// <summary>The extent of a dimension; negative ones count from the end.</summary>
        public unsafe long size(int dim)
        {
            TensorDescription description = Describe();
            long size = description.Sizes[Wrap(dim, description.Dim)];
            GC.KeepAlive(this);
            return size;
        }

        /// <summary>The steps between elements, in elements, by dimension.</summary>
        public unsafe long[] stride()
        {
            TensorDescription description = Describe();
            long[] strides = description.Strides == null ? [] : ToArray(description.Strides, description.Dim);
            GC.KeepAlive(this);
            return strides;
        }

        /// <summary>The step between elements of a dimension, in elements; negative dimensions count from the end.</summary>
        public unsafe long stride(int dim)
        {
            TensorDescription description = Describe();
            long stride = description.Strides[Wrap(dim, description.Dim)];
            GC.KeepAlive(this);
            return stride;
        }

        private static long Wrap(long dim, long dims)
        {
            long bound = Math.Max(dims, 1);
            if (dim < -bound || dim >= bound || dims == 0)
                throw new System.Runtime.InteropServices.ExternalException(
                    $"Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], but got {dim})");
            return dim < 0 ? dim + dims : dim;
        }

        /// <summary>The number of dimensions.</summary>
        public long dim() => Describe().Dim;

        /// <summary>The number of dimensions.</summary>
        public long ndim => Describe().Dim;

        /// <summary>The number of dimensions.</summary>
        public long Dimensions => Describe().Dim;

        /// <summary>The number of elements.</summary>
        public long numel() => Describe().Numel;

        /// <summary>The number of elements.</summary>
        public long NumberOfElements => Describe().Numel;

        /// <summary>The size of an element in bytes.</summary>
        public long ElementSize => Describe().ElementSize;

        /// <summary>The size of an element in bytes.</summary>
        public long element_size() => Describe().ElementSize;

        /// <summary>The first element's place in the storage, in elements.</summary>
        public long storage_offset() => Describe().StorageOffset;

        /// <summary>The type of the elements.</summary>
        public ScalarType dtype => (ScalarType)Describe().DType;

        /// <summary>Where the memory is.</summary>
        public Device device
        {
            get
            {
                TensorDescription description = Describe();
                var type = (DeviceType)description.DeviceType;
                return type == DeviceType.CPU ? new Device(DeviceType.CPU) : new Device(type, description.DeviceIndex);
            }
        }

        /// <summary>The kind of device.</summary>
        public DeviceType device_type => (DeviceType)Describe().DeviceType;

        /// <summary>The device's number; -1 where there is but one.</summary>
        public int device_index => Describe().DeviceIndex;

        /// <summary>Whether the memory is the CPU's.</summary>
        public bool is_cpu() => device_type == DeviceType.CPU;

        /// <summary>Whether the memory is a CUDA device's.</summary>
        public bool is_cuda => device_type == DeviceType.CUDA;

        /// <summary>Whether the tensor has a shape but no memory.</summary>
        public bool is_meta => device_type == DeviceType.META;

        /// <summary>Whether the elements lie in row-major order without gaps.</summary>
        public bool is_contiguous() => Describe().IsContiguous != 0;

        /// <summary>Whether the layout is sparse.</summary>
        public bool is_sparse => Describe().Layout == (int)layout.sparse_coo;

        /// <summary>Whether the elements are integers (or booleans).</summary>
        public bool is_integral() => torch.is_integral(dtype);

        /// <summary>Whether the elements are floating-point numbers.</summary>
        public bool is_floating_point() => torch.is_floating_point(dtype);

        /// <summary>Whether the elements are complex numbers.</summary>
        public bool is_complex() => torch.is_complex(dtype);

        /// <summary>Whether the tensor is a lazily conjugated view.</summary>
        public bool is_conj()
        {
            Native.Check(Native.tss_tensor_is_flagged(Handle, out int conj, out _, out _));
            return conj != 0;
        }

        /// <summary>Whether the tensor is a lazily negated view.</summary>
        public bool is_neg()
        {
            Native.Check(Native.tss_tensor_is_flagged(Handle, out _, out int neg, out _));
            return neg != 0;
        }

        /// <summary>Whether the one element is not zero.</summary>
        public bool is_nonzero() => numel() == 1 ? Aten.is_nonzero.CallBool(this)
            : throw new InvalidOperationException("is_nonzero() called on non-singleton tensor");

        /// <summary>The matrix transposed.</summary>
        public Tensor T => Aten.numpy_T.Call(this);

        /// <summary>The last two dimensions transposed.</summary>
        public Tensor mT => Aten.mT.Call(this);

        /// <summary>The matrix transposed and conjugated.</summary>
        public Tensor H => Aten.matrix_H.Call(this);

        /// <summary>The last two dimensions transposed and conjugated.</summary>
        public Tensor mH => Aten.mH.Call(this);

        /// <summary>The real part, a view.</summary>
        public Tensor real => Aten.real.Call(this);

        /// <summary>The imaginary part, a view.</summary>
        public Tensor imag => Aten.imag.Call(this);

        /// <summary>A second tensor object on the same native tensor.</summary>
        public Tensor alias() => Aten.alias.Call(this);
    }
}
