using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Limits on values.
    public partial class Tensor
    {
        /// <summary>See torch.clamp.</summary>
        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Aten.clamp.Call(this, min, max);

        /// <summary>See torch.clamp.</summary>
        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Aten.clamp_Tensor.Call(this, min, max);

        /// <summary>See torch.clamp, in place.</summary>
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => Aten.clamp_.InPlace(this, min, max);

        /// <summary>See torch.clamp, in place.</summary>
        public Tensor clamp_(Tensor? min = null, Tensor? max = null) => Aten.clamp__Tensor.InPlace(this, min, max);

        /// <summary>See torch.clamp_max.</summary>
        public Tensor clamp_max(Scalar max) => Aten.clamp_max.Call(this, max);

        /// <summary>See torch.clamp_max, in place.</summary>
        public Tensor clamp_max_(Scalar max) => Aten.clamp_max_.InPlace(this, max);

        /// <summary>See torch.clamp_min.</summary>
        public Tensor clamp_min(Scalar min) => Aten.clamp_min.Call(this, min);

        /// <summary>See torch.clamp_min, in place.</summary>
        public Tensor clamp_min_(Scalar min) => Aten.clamp_min_.InPlace(this, min);

        /// <summary>See torch.clip.</summary>
        public Tensor clip(Scalar? min = null, Scalar? max = null) => clamp(min, max);

        /// <summary>See torch.maximum.</summary>
        public Tensor maximum(Tensor other) => Aten.maximum.Call(this, other);

        /// <summary>See torch.minimum.</summary>
        public Tensor minimum(Tensor other) => Aten.minimum.Call(this, other);

        /// <summary>See torch.fmax.</summary>
        public Tensor fmax(Tensor other) => Aten.fmax.Call(this, other);

        /// <summary>See torch.fmin.</summary>
        public Tensor fmin(Tensor other) => Aten.fmin.Call(this, other);
    }
}
