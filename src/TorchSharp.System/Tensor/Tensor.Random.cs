using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // In-place random values.
    public partial class Tensor
    {
        /// <summary>See torch.bernoulli.</summary>
        public Tensor bernoulli(Generator? generator = null) => Aten.bernoulli.Call(this, generator);

        /// <summary>See torch.bernoulli, in place.</summary>
        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) => Aten.bernoulli__float.InPlace(this, p, generator);

        /// <summary>See torch.normal, in place.</summary>
        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null) => Aten.normal_.InPlace(this, mean, std, generator);

        /// <summary>See torch.uniform, in place.</summary>
        public Tensor uniform_(double from, double to, Generator? generator = null) => Aten.uniform_.InPlace(this, from, to, generator);
    }
}
